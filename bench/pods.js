// Pods. Each is a network namespace with a veth pair to a bridge, an address and a default route.

// A bridge can have at most 1024 links.
const podsOfBridge = 1000;

const bridgesFor = (/** @type {number} */ count) =>
  Array.from({ length: Math.ceil(count / podsOfBridge) }, (_, n) => n);
const bridgeOf = (/** @type {number} */ index) => Math.floor(index / podsOfBridge);
const gatewayOf = (/** @type {number} */ bridge) => `10.${200 + bridge}.255.254`;

const addressOf = (/** @type {number} */ index) => {
  const number = (index % podsOfBridge) + 1;
  return `10.${200 + bridgeOf(index)}.${number >> 8}.${number & 255}/16`;
};

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ Bridge, Pod }, count) => {
  for (const n of bridgesFor(count)) {
    const gateway = gatewayOf(n);
    const bridge = new Bridge(`br${n}`, { addresses: [`${gateway}/16`] });
    for (let i = n * podsOfBridge; i < Math.min(count, (n + 1) * podsOfBridge); i++)
      new Pod(`p${i}`, { bridge, link: `v${i}`, addresses: [addressOf(i)], gateway });
  }
};

const bridge = (/** @type {number} */ n) => [
  `link add br${n} type bridge`,
  `addr add ${gatewayOf(n)}/16 dev br${n}`,
  `link set br${n} up`,
];
const bridges = (/** @type {number} */ count) => bridgesFor(count).flatMap(bridge);
const inHost = (/** @type {number} */ i) => [
  `netns add p${i}`,
  `link add v${i} type veth peer name eth0 netns p${i}`,
  `link set v${i} master br${bridgeOf(i)} up`,
];
const inPod = (/** @type {number} */ i) => [
  "link set lo up",
  `addr add ${addressOf(i)} dev eth0`,
  "link set eth0 up",
  `route add default via ${gatewayOf(bridgeOf(i))}`,
];
const removeLines = (/** @type {number} */ i) => [`link del v${i}`, `netns del p${i}`];
const removeBridges = (/** @type {number} */ count) => bridgesFor(count).map((n) => `link del br${n}`);

/** @param {number} count @param {(index: number) => string[]} lines */
const each = (count, lines) => Array.from({ length: count }, (_, i) => lines(i)).flat();
const ip = (/** @type {string[]} */ lines) => lines.map((line) => `ip ${line}`);
const batch = (/** @type {string} */ where, /** @type {string[]} */ lines) =>
  `ip ${where}-batch - <<E\n${lines.join("\n")}\nE`;

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = {
  up: (count) => [
    ...ip(bridges(count)),
    ...each(count, (i) => [...ip(inHost(i)), ...inPod(i).map((line) => `ip -n p${i} ${line}`)]),
  ],
  destroy: (count) => ip([...each(count, removeLines), ...removeBridges(count)]),
};

/**
 * One `ip` for everything on the host, and one for each pod, because `ip -batch` works in one namespace only.
 * @type {import("../scripts/bench/workloads.mjs").Commands}
 */
exports.limit = {
  up: (count) => [
    batch("", [...bridges(count), ...each(count, inHost)]),
    ...each(count, (i) => [batch(`-n p${i} `, inPod(i))]),
  ],
  // The kernel removes a veth pair with the namespace of either end, and removes many namespaces together.
  destroy: (count) => [
    batch(
      "",
      each(count, (i) => [`netns del p${i}`]),
    ),
    ...bridgesFor(count).map((n) => `until [ -z "$(ip link show master br${n})" ]; do sleep 0.01; done`),
    ...ip(removeBridges(count)),
  ],
};
