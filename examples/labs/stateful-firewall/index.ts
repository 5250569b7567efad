import {
  IptablesPolicy,
  IptablesRule,
  Netns,
  PolicyRule,
  Probe,
  Process,
  Route,
  Sysctl,
  VethPair,
} from "pulumi-localnet";
import { webServer } from "../servers";

// Outside, the firewall, and inside. The first one is in place of your host, which the lab does not change.
const outside = new Netns("outside");
const net1 = new Netns("net1");
const net2 = new Netns("net2");

const outer = new VethPair("veth1", {
  netns: outside,
  addresses: ["192.168.62.5/24"],
  peer: { name: "veth2", netns: net1, addresses: ["192.168.62.6/24"] },
});
const inner = new VethPair("veth3", {
  netns: net1,
  addresses: ["192.168.64.1/24"],
  peer: { name: "veth4", netns: net2, addresses: ["192.168.64.6/24"] },
});
const ways = [
  new Route("net1-out", { netns: net1, destination: "default", via: outer }),
  new Route("net2-out", { netns: net2, destination: "default", via: inner }),
  new Route("outside-in", { netns: outside, destination: "192.168.64.0/24", via: outer }),
  new Sysctl("net1-forwards", { netns: net1, key: "net.ipv4.ip_forward", value: 1 }),
  // If a rule finds no route in its table, the next rule applies.
  new PolicyRule("table-200-first", { netns: outside, priority: 200, table: 200 }),
];

// Packets of accepted connections pass in both directions. Of new ones, only TCP connections that begin with SYN do.
const tcp = { netns: net1, chain: "FORWARD", protocol: "tcp", target: "ACCEPT" } as const;
const rules = [
  new IptablesRule("known-in", { ...tcp, outInterface: "veth3", ctstate: ["ESTABLISHED", "RELATED"] }),
  new IptablesRule("new-in", { ...tcp, outInterface: "veth3", ctstate: ["NEW"], tcpFlags: "syn" }),
  new IptablesRule("known-out", { ...tcp, inInterface: "veth3", ctstate: ["ESTABLISHED", "RELATED"] }),
  new IptablesRule("new-out", { ...tcp, inInterface: "veth3", ctstate: ["NEW"], tcpFlags: "syn" }),
  new IptablesRule("port-8888", {
    ...{ netns: net1, table: "nat", chain: "PREROUTING", protocol: "tcp", destinationPorts: 8888 },
    ...{ target: "DNAT", toDestination: "192.168.64.6:8000" },
  }),
  new IptablesRule("masquerade", {
    ...{
      netns: net1,
      table: "nat",
      chain: "POSTROUTING",
      protocol: "tcp",
      outInterface: "veth2",
      target: "MASQUERADE",
    },
  }),
];
// The rules are made before the policy and removed after it, so that no packet is dropped that they would accept.
const drop = new IptablesPolicy("drop", { netns: net1, chain: "FORWARD", policy: "DROP" }, { dependsOn: rules });

const servers = [
  new Process("inside", {
    netns: net2,
    command: webServer("inside", 8000),
    ready: { tcp: { address: "127.0.0.1", port: 8000 }, timeoutSeconds: 60 },
  }),
  new Process("outside-web", {
    netns: outside,
    command: webServer("outside", 8000),
    ready: { tcp: { address: "127.0.0.1", port: 8000 }, timeoutSeconds: 60 },
  }),
];
const all = { dependsOn: [drop, ...ways, ...servers] };

const fromOutside = new Probe(
  "from-outside",
  {
    netns: outside,
    http: { url: "http://192.168.62.6:8888", expectBody: "inside at 192.168.64.6:8000, for 192.168.62.5" },
  },
  all,
);
const fromInside = new Probe(
  "from-inside",
  {
    netns: net2,
    http: { url: "http://192.168.62.5:8000", expectBody: "outside at 192.168.62.5:8000, for 192.168.62.6" },
  },
  all,
);
// No rule accepts ICMP.
const ping = new Probe(
  "ping",
  { netns: outside, ping: { address: inner }, expect: "failure", attempts: 1, timeoutSeconds: 1 },
  all,
);

export const seen = [fromOutside.results.bodies, fromInside.results.bodies, ping.results.failures];
