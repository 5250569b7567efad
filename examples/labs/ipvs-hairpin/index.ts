import {
  Bridge,
  Dummy,
  IpSet,
  IptablesRule,
  IpvsBackend,
  IpvsService,
  KernelModule,
  Netns,
  Probe,
  Process,
  Route,
  Sysctl,
  VethPair,
} from "pulumi-localnet";
import { webServer } from "../servers";

const home = new Netns("home");
const modules = ["br_netfilter", "ip_vs"].map((name) => new KernelModule(name));
const settings = [
  new Sysctl("forwards", { netns: home, key: "net.ipv4.ip_forward", value: 1 }),
  // Answers to a neighbour on the same bridge pass iptables too, so that the service's address is put back.
  new Sysctl("bridged", { netns: home, key: "net.bridge.bridge-nf-call-iptables", value: 1 }, { dependsOn: modules }),
  // Without it, IPVS connections are not in conntrack, and MASQUERADE does not apply to them.
  new Sysctl("tracked", { netns: home, key: "net.ipv4.vs.conntrack", value: 1 }, { dependsOn: modules }),
];
/** In promiscuous mode it also accepts frames that a port sends to itself. */
const bridge = new Bridge("br-home", { netns: home, addresses: ["10.0.0.1/24"], promiscuous: true });

/** A host on the bridge with a web server. */
function addHost(name: string, address: string) {
  const netns = new Netns(name, { files: { "resolv.conf": "nameserver 192.0.2.53\n" } });
  const link = new VethPair(`v-${name}`, {
    ...{ netns: home, master: bridge },
    peer: { name: `in-${name}`, netns, addresses: [`${address}/24`] },
  });
  const out = new Route(`${name}-out`, { netns, destination: "default", via: bridge, device: link });
  const server = new Process(`web-${name}`, {
    netns,
    command: webServer(name, 8080),
    ready: { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 },
  });
  return { netns, link, address, parts: [out, server] };
}
const a = addHost("a", "10.0.0.11");
const b = addHost("b", "10.0.0.21");

const vip = new Dummy("vip0", { netns: home, addresses: ["10.100.100.100/32"] });
const service = new IpvsService(
  "http",
  { netns: home, address: "10.100.100.100", port: 8080, scheduler: "rr" },
  { dependsOn: [vip, ...modules] },
);
const backends = [a, b].map(
  ({ link, address }) => new IpvsBackend(address, { netns: home, service, address: link, port: 8080 }),
);

/** Requests in which the client and the server are the same. */
const loopBack = new IpSet("LOOP-BACK", {
  netns: home,
  type: "hash:ip,port,ip",
  entries: [a, b].map(({ address }) => `${address},tcp:8080,${address}`),
});
const rules = [
  new IptablesRule("from-bridge", { netns: home, chain: "FORWARD", inInterface: "br-home", target: "ACCEPT" }),
  new IptablesRule("to-bridge", { netns: home, chain: "FORWARD", outInterface: "br-home", target: "ACCEPT" }),
  new IptablesRule("loop-back", {
    ...{ netns: home, table: "nat", chain: "POSTROUTING", target: "MASQUERADE" },
    matchSet: { name: loopBack, flags: ["dst", "dst", "src"] },
  }),
];
const all = { dependsOn: [...settings, ...rules, ...backends, ...a.parts, ...b.parts] };

const balanced = (from: string, netns: Netns, ...clients: [ofA: string, ofB: string]) =>
  new Probe(
    `from-${from}`,
    {
      netns,
      http: {
        url: "http://10.100.100.100:8080",
        expectBody: [`a at 10.0.0.11:8080, for ${clients[0]}`, `b at 10.0.0.21:8080, for ${clients[1]}`],
      },
      count: 4,
    },
    all,
  ).results.bodies;

export const seen = [
  balanced("home", home, "10.100.100.100", "10.100.100.100"),
  // The request of a host to itself has the bridge's address. Those of other hosts keep their address.
  balanced("a", a.netns, "10.0.0.1", "10.0.0.11"),
  balanced("b", b.netns, "10.0.0.21", "10.0.0.1"),
];
