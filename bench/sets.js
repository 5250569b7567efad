// Sets of ipset, with two entries each.

const entries = (/** @type {number} */ i) => ["10.200", "10.201"].map((net) => `${net}.${i >> 8}.${i & 255}`);

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ IpSet }, count) => {
  for (let i = 0; i < count; i++) new IpSet(`s${i}`, { type: "hash:ip", entries: entries(i) });
};

/** @param {number} count @param {(index: number) => string[]} lines */
const each = (count, lines) => Array.from({ length: count }, (_, i) => lines(i)).flat();
const createLines = (/** @type {number} */ i) => [
  `create s${i} hash:ip`,
  ...entries(i).map((entry) => `add s${i} ${entry}`),
];
const destroyLines = (/** @type {number} */ i) => [`destroy s${i}`];
const ipset = (/** @type {string[]} */ lines) => lines.map((line) => `ipset ${line}`);
const restore = (/** @type {string[]} */ lines) => [`ipset restore <<E\n${lines.join("\n")}\nE`];

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = {
  up: (count) => ipset(each(count, createLines)),
  destroy: (count) => ipset(each(count, destroyLines)),
};

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.limit = {
  up: (count) => restore(each(count, createLines)),
  destroy: (count) => restore(each(count, destroyLines)),
};
