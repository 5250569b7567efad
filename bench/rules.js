// Rules of iptables in one chain.

const sourceOf = (/** @type {number} */ index) => `10.200.${index >> 8}.${index & 255}/32`;

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ IptablesRule }, count) => {
  for (let i = 0; i < count; i++) {
    new IptablesRule(`r${i}`, { chain: "FORWARD", source: sourceOf(i), target: "ACCEPT" });
  }
};

const rules = (/** @type {string} */ option, /** @type {number} */ count) =>
  Array.from({ length: count }, (_, i) => `${option} FORWARD -s ${sourceOf(i)} -j ACCEPT`);
const each = (/** @type {string[]} */ lines) => lines.map((line) => `iptables -w ${line}`);
const restore = (/** @type {string[]} */ lines) =>
  `iptables-restore -w --noflush <<E\n*filter\n${lines.join("\n")}\nCOMMIT\nE`;

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = { up: (count) => each(rules("-A", count)), destroy: (count) => each(rules("-D", count)) };

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.limit = { up: (count) => [restore(rules("-A", count))], destroy: (count) => [restore(rules("-D", count))] };
