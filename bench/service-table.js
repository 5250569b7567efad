// Services of a node in one resource, in mode iptables; by hand, two rules for each, which share its connections.
const pulumi = require("@pulumi/pulumi");
const { addressOf, endpoints, nodeOf } = require("./node");

/** @param {typeof import("pulumi-localnet")} kinds @param {number} count */
exports.program = ({ ServiceTable }, count) => {
  new ServiceTable("services", nodeOf(count, new pulumi.Config().get("mode")));
};

const half = "-m statistic --mode random --probability 0.5 ";
/** @param {string} option @param {number} count */
const rules = (option, count) =>
  Array.from({ length: count }, (_, index) =>
    endpoints.map(
      (/** @type {string} */ address, /** @type {number} */ number) =>
        `${option} PREROUTING -d ${addressOf(index)}/32 -p tcp -m tcp --dport 80 ${number === 0 ? half : ""}-j DNAT --to-destination ${address}:8080`,
    ),
  ).flat();
const each = (/** @type {string[]} */ lines) => lines.map((line) => `iptables -w -t nat ${line}`);
const restore = (/** @type {string[]} */ lines) =>
  `iptables-restore -w --noflush <<E\n*nat\n${lines.join("\n")}\nCOMMIT\nE`;

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.script = { up: (count) => each(rules("-A", count)), destroy: (count) => each(rules("-D", count)) };

/** @type {import("../scripts/bench/workloads.mjs").Commands} */
exports.limit = { up: (count) => [restore(rules("-A", count))], destroy: (count) => [restore(rules("-D", count))] };
