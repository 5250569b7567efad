// Services of IPVS, with two backends each.

const place = (/** @type {number} */ index) => `${index >> 8}.${index & 255}`;
const backends = ["10.211", "10.212"];

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ IpvsBackend, IpvsService }, count) => {
  for (let i = 0; i < count; i++) {
    const service = new IpvsService(`s${i}`, { address: `10.210.${place(i)}`, port: 80, scheduler: "rr" });
    backends.forEach((net, number) => {
      new IpvsBackend(`b${i}-${number}`, { service, address: `${net}.${place(i)}`, port: 80 });
    });
  }
};

const serviceOf = (/** @type {number} */ i) => `-t 10.210.${place(i)}:80`;
const lines = (/** @type {number} */ i) => [
  `-A ${serviceOf(i)} -s rr`,
  ...backends.map((net) => `-a ${serviceOf(i)} -r ${net}.${place(i)}:80 -m`),
];
/** @param {number} count @param {(index: number) => string[]} of */
const each = (count, of) => Array.from({ length: count }, (_, i) => of(i)).flat();

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = {
  up: (count) => each(count, lines).map((line) => `ipvsadm ${line}`),
  destroy: (count) => each(count, (i) => [`ipvsadm -D ${serviceOf(i)}`]),
};

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.limit = {
  up: (count) => [`ipvsadm -R <<E\n${each(count, lines).join("\n")}\nE`],
  destroy: () => ["ipvsadm -C"],
};

/** Has the kernel IPVS? */
exports.probe = ["ipvsadm -L -n"];
