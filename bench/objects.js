// Objects in one namespace: half of them are bridges, the other half rules of iptables. A refresh reads all of them.

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ Bridge, IptablesRule, Netns }, count) => {
  const netns = new Netns("lab", {});
  for (let i = 0; i < count / 2; i++) {
    new Bridge(`br${i}`, { netns });
    new IptablesRule(`r${i}`, { netns, chain: "FORWARD", inInterface: `br${i}`, target: "ACCEPT" });
  }
};

/** @param {number} count @param {(index: number) => string[]} lines */
const each = (count, lines) => Array.from({ length: count / 2 }, (_, i) => lines(i)).flat();
const rule = (/** @type {number} */ i) => `-A FORWARD -i br${i} -j ACCEPT`;
const links = (/** @type {number} */ i) => [`link add br${i} type bridge`, `link set br${i} up`];
const begin = ["ip netns add lab", "ip -n lab link set lo up"];
// The kernel removes everything else together with the namespace.
const end = () => ["ip netns del lab"];

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = {
  up: (count) => [
    ...begin,
    ...each(count, (i) => [...links(i).map((line) => `ip -n lab ${line}`), `ip netns exec lab iptables -w ${rule(i)}`]),
  ],
  destroy: end,
};

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.limit = {
  up: (count) => [
    ...begin,
    `ip -n lab -batch - <<E\n${each(count, links).join("\n")}\nE`,
    `ip netns exec lab iptables-restore -w --noflush <<E\n*filter\n${each(count, (i) => [rule(i)]).join("\n")}\nCOMMIT\nE`,
  ],
  destroy: end,
};
