import { Address, IptablesRule, Netns, PolicyRule, Probe, Process, Route, Sysctl, VethPair } from "pulumi-localnet";
import { webServer } from "../servers";

const pc = new Netns("pc");
const tcp = 6;

/** A network with a server. Both servers have the same address. */
function addSide(name: string, network: number) {
  const netns = new Netns(name);
  const cable = new VethPair(`to-${name}`, {
    netns: pc,
    addresses: [`10.20.${network}.1/24`, `2001:db8:${network}::1/64`],
    peer: { name: "eth0", netns, addresses: [`10.20.${network}.2/24`, `2001:db8:${network}::2/64`] },
  });
  const parts = [
    new Address(`${name}-lo`, { netns, device: "lo", address: "192.0.2.80/32" }),
    new Address(`${name}-lo6`, { netns, device: "lo", address: "2001:db8:80::80/128" }),
    // From any address of the client, the answer goes back by the same link.
    new Route(`${name}-back`, { netns, destination: "10.20.0.0/16", via: cable }),
    ...[80, 8081, 8082].map(
      (port) =>
        new Process(`${name}-${port}`, {
          netns,
          command: webServer(name, port),
          ready: { tcp: { address: "127.0.0.1", port }, timeoutSeconds: 60 },
        }),
    ),
  ];
  return { cable, parts };
}
const east = addSide("east", 1);
const west = addSide("west", 2);

const ways = [
  new Route("default", { netns: pc, destination: "default", via: east.cable }),
  new Route("default-100", { netns: pc, destination: "default", via: west.cable, table: 100 }),
  new Route("default6", { netns: pc, destination: "::/0", via: east.cable }),
  new Route("default6-100", { netns: pc, destination: "::/0", via: west.cable, table: 100 }),
  // Answers may come in by another link than the one in the main table.
  new Sysctl("loose", { netns: pc, key: "net.ipv4.conf.all.rp_filter", value: 2 }),
];
const rules = [
  new PolicyRule("refused", { netns: pc, priority: 50, ipProtocol: tcp, destinationPorts: 25, action: "prohibit" }),
  new PolicyRule("port", { netns: pc, priority: 100, ipProtocol: tcp, destinationPorts: 8081, table: 100 }),
  new PolicyRule("marked", { netns: pc, priority: 110, firewallMark: "0x64", table: 100 }),
  new PolicyRule("port6", { netns: pc, family: "ipv6", priority: 100, destinationPorts: "8000-8999", table: 100 }),
  // An outgoing packet is routed again when it gets a mark.
  new IptablesRule("mark", {
    ...{ netns: pc, table: "mangle", chain: "OUTPUT", protocol: "tcp", destinationPorts: 8082 },
    ...{ target: "MARK", setMark: "0x64" },
  }),
];
const all = { dependsOn: [...ways, ...rules, ...east.parts, ...west.parts] };

const answers = (name: string, port: number, who: string, client: string) =>
  new Probe(
    name,
    {
      netns: pc,
      http: { url: `http://192.0.2.80:${port}`, expectBody: `${who} at 192.0.2.80:${port}, for ${client}` },
    },
    all,
  ).results.bodies;
const refused = new Probe(
  "port-25",
  { netns: pc, tcp: { address: "192.0.2.80", port: 25 }, expect: "failure", attempts: 1 },
  all,
);

export const seen = [
  answers("port-80", 80, "east", "10.20.1.1"),
  answers("port-8081", 8081, "west", "10.20.2.1"),
  // Its source address was chosen before it had the mark.
  answers("port-8082", 8082, "west", "10.20.1.1"),
  refused.results.failures,
];
