// Chains of iptables, with a rule each.

const sourceOf = (/** @type {number} */ index) => `10.200.${index >> 8}.${index & 255}/32`;

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ IptablesChain, IptablesRule }, count) => {
  for (let i = 0; i < count; i++) {
    const chain = new IptablesChain(`c${i}`, {});
    new IptablesRule(`r${i}`, { chain: chain.name, source: sourceOf(i), target: "ACCEPT" });
  }
};

/** @param {number} count @param {(index: number) => string[]} lines */
const each = (count, lines) => Array.from({ length: count }, (_, i) => lines(i)).flat();
const rule = (/** @type {number} */ i) => `c${i} -s ${sourceOf(i)} -j ACCEPT`;
const iptables = (/** @type {string[]} */ lines) => lines.map((line) => `iptables -w ${line}`);
const restore = (/** @type {string[]} */ lines) =>
  `iptables-restore -w --noflush <<E\n*filter\n${lines.join("\n")}\nCOMMIT\nE`;

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = {
  up: (count) => iptables(each(count, (i) => [`-N c${i}`, `-A ${rule(i)}`])),
  destroy: (count) => iptables(each(count, (i) => [`-D ${rule(i)}`, `-X c${i}`])),
};

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.limit = {
  up: (count) => [restore(each(count, (i) => [`:c${i} - [0:0]`, `-A ${rule(i)}`]))],
  destroy: (count) => [restore(each(count, (i) => [`-D ${rule(i)}`, `-X c${i}`]))],
};
