// Pods: a network namespace each, a veth pair to one bridge, an address and a default route.

const gateway = "10.200.255.254";
const addressOf = (/** @type {number} */ index) => `10.200.${(index + 1) >> 8}.${(index + 1) & 255}/16`;

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ Bridge, Pod }, count) => {
  const bridge = new Bridge("br0", { addresses: [`${gateway}/16`] });
  for (let i = 0; i < count; i++) new Pod(`p${i}`, { bridge, link: `v${i}`, addresses: [addressOf(i)], gateway });
};

const bridge = ["link add br0 type bridge", `addr add ${gateway}/16 dev br0`, "link set br0 up"];
const inHost = (/** @type {number} */ i) => [
  `netns add p${i}`,
  `link add v${i} type veth peer name eth0 netns p${i}`,
  `link set v${i} master br0 up`,
];
const inPod = (/** @type {number} */ i) => [
  "link set lo up",
  `addr add ${addressOf(i)} dev eth0`,
  "link set eth0 up",
  `route add default via ${gateway}`,
];
const away = (/** @type {number} */ i) => [`link del v${i}`, `netns del p${i}`];

/** @param {number} count @param {(index: number) => string[]} lines */
const each = (count, lines) => Array.from({ length: count }, (_, i) => lines(i)).flat();
const ip = (/** @type {string[]} */ lines) => lines.map((line) => `ip ${line}`);
const batch = (/** @type {string} */ where, /** @type {string[]} */ lines) =>
  `ip ${where}-batch - <<E\n${lines.join("\n")}\nE`;

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = {
  up: (count) => [
    ...ip(bridge),
    ...each(count, (i) => [...ip(inHost(i)), ...inPod(i).map((line) => `ip -n p${i} ${line}`)]),
  ],
  destroy: (count) => ip([...each(count, away), "link del br0"]),
};

/**
 * One `ip` for all that is on the host, and one for each pod, since it works in one namespace only.
 * @type {import("../scripts/bench/workloads.mjs").Commands}
 */
exports.limit = {
  up: (count) => [
    batch("", [...bridge, ...each(count, inHost)]),
    ...each(count, (i) => [batch(`-n p${i} `, inPod(i))]),
  ],
  // A link goes with the namespace of its other end, and the kernel takes many of those apart at once.
  destroy: (count) => [
    batch(
      "",
      each(count, (i) => [`netns del p${i}`]),
    ),
    'until [ -z "$(ip link show master br0)" ]; do sleep 0.01; done',
    "ip link del br0",
  ],
};
