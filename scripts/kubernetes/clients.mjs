const times = 32;
const seconds = 5;

/** @typedef {{ from: string, what: string, argv: string[] }} Request */

const at = (/** @type {string} */ address, count = times) => [
  ...["curl", "-sS", "--no-keepalive", "-H", "Connection: close", "-m", `${seconds}`, "-w", "\\n"],
  ...Array.from({ length: count }, () => `http://${address}/client`),
];
// Several: the kernel limits its ICMP errors to one client, and a refused connection before took the last one.
const ping = (/** @type {string} */ address) => ["ping", "-c", "4", "-W", "2", address];

/**
 * What clients of examples/kube-proxy ask, each from a namespace.
 * @param {string} node its namespace
 * @returns {Request[]}
 */
export function requests(node) {
  const service = "10.96.77.10";
  const nodePorts = ["172.30.0.10", "172.22.1.1"].map((address) => ({
    ...{ what: `node port on ${address}`, argv: at(`${address}:30080`) },
  }));
  const fromBoth = [
    { what: "cluster address", argv: at(service) },
    { what: "another port of it", argv: at(`${service}:81`, 1) },
    { what: "ping to it", argv: ping(service) },
    ...nodePorts,
    { what: "external address", argv: at("192.0.2.10") },
  ];
  return [
    ...fromBoth.map((each) => ({ from: "pod1", ...each })),
    ...fromBoth.map((each) => ({ from: node, ...each })),
    { from: node, what: "node port on 127.0.0.1", argv: at("127.0.0.1:30080") },
    // Another port would leave by the link that it came in by: what the kernel says of that takes turns.
    { from: "outside", what: "cluster address", argv: at(service) },
    ...nodePorts.slice(0, 1).map((each) => ({ from: "outside", ...each })),
  ];
}

/**
 * What the client of a request got: who answered whom, or how it failed.
 * @param {Request} request
 * @param {{ code: number, stdout: string, stderr: string }} result of its command
 */
export function answer({ argv: [command] }, { code, stdout, stderr }) {
  if (command === "ping") return code === 0 ? "answers" : /unreachable/i.test(stdout) ? "unreachable" : "no answer";
  if (code === 0) return [...new Set(stdout.split("\n").filter(Boolean))].sort().join(", ");
  // curl says so of a network, too, that there is no way to.
  if (code === 7 && !/refused|Couldn't connect/.test(stderr)) return stderr.trim();
  return { 7: "refused", 28: "no answer" }[code] ?? `curl: exit ${code}`;
}
