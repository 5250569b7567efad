import { Bridge, IptablesChain, IptablesRule, Netns, Probe, Process, Route, Sysctl, VethPair } from "pulumi-localnet";
import { webServer } from "../servers";

const node = new Netns("node");
const bridge = new Bridge("br-home", { netns: node, addresses: ["10.0.0.1/24"] });
const forwards = new Sysctl("node-forwards", { netns: node, key: "net.ipv4.ip_forward", value: 1 });
/** The node's own packets to services need a way, for OUTPUT to see them. */
const services = new Route("services", { netns: node, destination: "10.100.0.0/16", device: bridge });

/** A host on the bridge, which may send its own packets back to it: one that is balanced to itself needs that. */
function addHost(name: string, address: string) {
  const netns = new Netns(name);
  const link = new VethPair(`v-${name}`, {
    ...{ netns: node, master: bridge, hairpin: true },
    peer: { name: `in-${name}`, netns, addresses: [`${address}/24`] },
  });
  const out = new Route(`${name}-out`, { netns, destination: "default", via: bridge, device: link });
  const server = new Process(`web-${name}`, {
    netns,
    command: webServer(name, 8080),
    ready: { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 },
  });
  return { netns, parts: [out, server] };
}
const a = addHost("a", "10.0.0.11");
const b = addHost("b", "10.0.0.21");

// The chains: from all services to one of them, to its backends.
const nat = { netns: node, table: "nat" } as const;
const all = new IptablesChain("SERVICES", nat);
const service = new IptablesChain("SVC-HTTP", nat);
const first = new IptablesChain("SEP-1", nat);
const second = new IptablesChain("SEP-2", nat);

const rules = [
  new IptablesRule("incoming", { ...nat, chain: "PREROUTING", target: all }),
  new IptablesRule("outgoing", { ...nat, chain: "OUTPUT", target: all }),
  new IptablesRule("http", {
    ...{ ...nat, chain: all, protocol: "tcp", destination: "10.100.100.100", destinationPorts: 8080 },
    target: service,
  }),
  // Every second connection goes to the one, the rest to the other. In a chain the order counts.
  new IptablesRule("half", { ...nat, chain: service, statistic: { every: 2 }, priority: 1, target: second }),
  new IptablesRule("rest", { ...nat, chain: service, priority: 2, target: first }),
  new IptablesRule("to-a", { ...nat, chain: first, protocol: "tcp", target: "DNAT", toDestination: "10.0.0.11:8080" }),
  new IptablesRule("to-b", { ...nat, chain: second, protocol: "tcp", target: "DNAT", toDestination: "10.0.0.21:8080" }),
  // So that answers come back to the node, which knows what was asked for.
  new IptablesRule("masquerade", { ...nat, chain: "POSTROUTING", source: "10.0.0.0/24", target: "MASQUERADE" }),
];

const balanced = (from: string, netns: Netns) =>
  new Probe(
    `from-${from}`,
    {
      netns,
      http: {
        url: "http://10.100.100.100:8080",
        expectBody: ["a at 10.0.0.11:8080, for 10.0.0.1", "b at 10.0.0.21:8080, for 10.0.0.1"],
      },
      count: 6,
    },
    { dependsOn: [...rules, forwards, services, ...a.parts, ...b.parts] },
  ).results.bodies;

export const seen = [balanced("node", node), balanced("a", a.netns)];
