/** Connections of one request: enough to reach every endpoint. */
const times = 32;
/** Limit of one connection. */
const seconds = 5;

/** @typedef {{ from: string, what: string, argv: string[] }} Request */

const at = (/** @type {string} */ address, count = times) => [
  ...["curl", "-sS", "--no-keepalive", "-H", "Connection: close", "-m", `${seconds}`, "-w", "\\n"],
  ...Array.from({ length: count }, () => `http://${address}/client`),
];
// Four packets: the kernel limits how many ICMP errors it sends to a client, and an earlier refused connection may have had
// the last one.
const ping = (/** @type {string} */ address) => ["ping", "-c", "4", "-W", "2", address];

/**
 * The requests of the clients of examples/kube-proxy, each sent from a namespace.
 * @param {string} node the namespace of the node
 * @returns {Request[]}
 */
export function requests(node) {
  const service = "10.96.77.10";
  const nodePorts = ["172.30.0.10", "172.22.1.1"].map((address) => ({
    ...{ what: `node port on ${address}`, argv: at(`${address}:30080`) },
  }));
  const fromBoth = [
    { what: "cluster address", argv: at(service) },
    { what: "cluster address, a port without a service", argv: at(`${service}:81`, 1) },
    { what: "cluster address, ping", argv: ping(service) },
    ...nodePorts,
    { what: "external address", argv: at("192.0.2.10") },
  ];
  return [
    ...fromBoth.map((each) => ({ from: "pod1", ...each })),
    ...fromBoth.map((each) => ({ from: node, ...each })),
    { from: node, what: "node port on 127.0.0.1", argv: at("127.0.0.1:30080") },
    // Not a port without a service: the packet would leave by the link that it came in on, and what the kernel answers to that
    // varies.
    { from: "outside", what: "cluster address", argv: at(service) },
    ...nodePorts.slice(0, 1).map((each) => ({ from: "outside", ...each })),
  ];
}

/**
 * The result of a request: which endpoint answered and which client address it saw, or how the request failed.
 * @param {Request} request
 * @param {{ code: number, stdout: string, stderr: string }} result the result of the command
 */
export function answer({ argv: [command] }, { code, stdout, stderr }) {
  if (command === "ping") return code === 0 ? "answers" : /unreachable/i.test(stdout) ? "unreachable" : "no answer";
  if (code === 0) return [...new Set(stdout.split("\n").filter(Boolean))].sort().join(", ");
  // curl also exits with 7 if there is no route to the address.
  if (code === 7 && !/refused|Couldn't connect/.test(stderr)) return stderr.trim();
  return { 7: "refused", 28: "no answer" }[code] ?? `curl: exit ${code}`;
}
