import {
  IptablesChain,
  IptablesRule,
  Netns,
  PolicyRule,
  Probe,
  Process,
  Route,
  Sysctl,
  VethPair,
} from "pulumi-localnet";
import { transparentProxy, webServer } from "../servers";

const client = new Netns("client");
const router = new Netns("router");
const web = new Netns("web");

const lan = new VethPair("lan0", {
  netns: router,
  addresses: ["192.168.2.192/24"],
  peer: { name: "eth0", netns: client, addresses: ["192.168.2.10/24"] },
});
const wan = new VethPair("wan0", {
  netns: router,
  addresses: ["203.0.113.1/24"],
  peer: { name: "eth0", netns: web, addresses: ["203.0.113.80/24"] },
});
const ways = [
  new Route("client-out", { netns: client, destination: "default", via: lan }),
  new Route("web-back", { netns: web, destination: "default", via: wan }),
  new Sysctl("router-forwards", { netns: router, key: "net.ipv4.ip_forward", value: 1 }),
];

// Marked packets are delivered to this host, whatever their address.
const local = [
  new PolicyRule("marked", { netns: router, priority: 100, firewallMark: "1", table: 100 }),
  new Route("all-is-mine", { netns: router, destination: "default", type: "local", device: "lo", table: 100 }),
];

// Packets of connections that the proxy has accepted are marked and accepted, without further rules.
const divert = new IptablesChain("DIVERT", { netns: router, table: "mangle" });
const mark = new IptablesRule("mark", { netns: router, table: "mangle", chain: divert, target: "MARK", setMark: 1 });
const accept = new IptablesRule(
  "accept",
  { netns: router, table: "mangle", chain: divert, target: "ACCEPT" },
  { dependsOn: mark },
);
const early = { netns: router, table: "mangle", chain: "PREROUTING", protocol: "tcp" } as const;
const taken = new IptablesRule("taken", { ...early, socket: {}, target: divert }, { dependsOn: accept });
// New connections to a web server go to the proxy.
const begin = new IptablesRule(
  "begin",
  {
    ...{ ...early, inInterface: "lan0", destination: "! 192.168.2.192", destinationPorts: 80 },
    ...{ target: "TPROXY", onPort: 3128, onIp: "192.168.2.192", tproxyMark: "0x1/0x1" },
  },
  { dependsOn: taken },
);

const ready = (port: number) => ({ tcp: { address: "127.0.0.1", port }, timeoutSeconds: 60 });
const servers = [
  new Process("proxy", { netns: router, command: transparentProxy("proxy", 3128), ready: ready(3128) }),
  new Process("web-80", { netns: web, command: webServer("web", 80), ready: ready(80) }),
  new Process("web-8080", { netns: web, command: webServer("web", 8080), ready: ready(8080) }),
];
const all = { dependsOn: [begin, ...local, ...ways, ...servers] };

/** The proxy answers from the address that the client requested. On another port the server itself answers. */
const intercepted = new Probe(
  "port-80",
  {
    netns: client,
    http: { url: "http://203.0.113.80", expectBody: "proxy at 203.0.113.80:80, for 192.168.2.10" },
  },
  all,
);
const untouched = new Probe(
  "port-8080",
  {
    netns: client,
    http: { url: "http://203.0.113.80:8080", expectBody: "web at 203.0.113.80:8080, for 192.168.2.10" },
  },
  all,
);

export const seen = [intercepted.results.bodies, untouched.results.bodies];
