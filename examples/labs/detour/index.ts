import { IptablesRule, Netns, PolicyRule, Probe, Process, Route, Sysctl, VethPair } from "pulumi-localnet";
import { webServer } from "../servers";

const host = new Netns("host");
const box = new Netns("box");
const web = new Netns("web");

const there = new VethPair("there", {
  netns: host,
  addresses: ["10.50.0.1/30"],
  peer: { name: "in0", netns: box, addresses: ["10.50.0.2/30"] },
});
const back = new VethPair("back", {
  netns: host,
  addresses: ["10.50.1.1/30"],
  peer: { name: "out0", netns: box, addresses: ["10.50.1.2/30"] },
});
const wan = new VethPair("wan0", {
  netns: host,
  addresses: ["203.0.113.5/24"],
  peer: { name: "eth0", netns: web, addresses: ["203.0.113.80/24"] },
});

const ways = [
  new Route("box-out", { netns: box, destination: "default", via: back }),
  new Route("to-box", { netns: host, destination: "default", via: there, table: 100 }),
  // Packets to and from the box take their normal way, and all others go to the box.
  new PolicyRule("for-box", { netns: host, priority: 140, to: "10.50.1.0/30", table: 254 }),
  new PolicyRule("from-box", { netns: host, priority: 150, from: "10.50.1.2", table: 254 }),
  new PolicyRule("everything", { netns: host, priority: 200, table: 100 }),
];
const settings = Object.entries({ host, box }).flatMap(([name, netns]) => [
  new Sysctl(`${name}-forwards`, { netns, key: "net.ipv4.ip_forward", value: 1 }),
  // Answers come in by another link than the request left by.
  new Sysctl(`${name}-loose`, { netns, key: "net.ipv4.conf.all.rp_filter", value: 2 }),
]);
const nat = { table: "nat", chain: "POSTROUTING", target: "MASQUERADE" } as const;
const rules = [
  new IptablesRule("as-box", { ...nat, netns: box, outInterface: "out0" }),
  new IptablesRule("as-host", { ...nat, netns: host, outInterface: "wan0" }),
  new IptablesRule("lost", {
    ...{ netns: box, chain: "FORWARD", protocol: "tcp", destinationPorts: 8081, target: "DROP" },
  }),
];
const servers = [80, 8081].map(
  (port) =>
    new Process(`web-${port}`, {
      netns: web,
      command: webServer("web", port),
      ready: { tcp: { address: "127.0.0.1", port }, timeoutSeconds: 60 },
    }),
);
const all = { dependsOn: [wan, ...ways, ...settings, ...rules, ...servers] };

const passed = new Probe(
  "port-80",
  { netns: host, http: { url: "http://203.0.113.80", expectBody: "web at 203.0.113.80:80, for 203.0.113.5" } },
  all,
);
const lost = new Probe(
  "port-8081",
  { netns: host, tcp: { address: wan, port: 8081 }, expect: "failure", attempts: 1, timeoutSeconds: 1 },
  all,
);

export const seen = [passed.results.bodies, lost.results.failures];
