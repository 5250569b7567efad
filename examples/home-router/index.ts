import {
  Address,
  Bridge,
  File,
  IptablesPolicy,
  IptablesRule,
  Netns,
  Probe,
  Process,
  Route,
  Sysctl,
  VethPair,
} from "pulumi-localnet";
import { onLease, webServer } from "./servers";

const router = new Netns("router");
const internet = new Netns("internet");

// WAN: the router of the internet provider, and a web site behind it.
const wan = new VethPair("wan0", {
  netns: router,
  addresses: ["198.51.100.2/30"],
  peer: { name: "eth0", netns: internet, addresses: ["198.51.100.1/30"] },
});
const site = new Address("site", { netns: internet, device: "lo", address: "203.0.113.80/32" });
const out = new Route("router-out", { netns: router, destination: "default", via: wan });
// Outside, an address at home has no route. Here it has one to the router, to test its firewall.
const intruder = new Route("intruder", { netns: internet, destination: "192.168.1.0/24", via: wan });

// LAN: a switch, and the router's link to it.
const lan = new Bridge("br-lan", { netns: router, addresses: ["192.168.1.1/24"] });
const forwards = new Sysctl("router-forwards", { netns: router, key: "net.ipv4.ip_forward", value: 1 });

// DNS and DHCP. The router asks the provider for names that it does not know.
const nasMac = "02:00:00:00:01:14";
const settings = new File("dnsmasq.conf", {
  path: "/run/home-router-dnsmasq.conf",
  content: `
interface=br-lan
bind-interfaces
no-resolv
no-hosts
server=198.51.100.1
domain=home
expand-hosts
local=/home/
address=/router.home/192.168.1.1
dhcp-range=192.168.1.100,192.168.1.199,1h
dhcp-host=${nasMac},nas,192.168.1.20
dhcp-leasefile=/dev/null
pid-file=
user=root
`,
});
const dnsmasq = ["dnsmasq", "--keep-in-foreground"];
const names = [
  new Process(
    "dnsmasq",
    {
      netns: router,
      command: [...dnsmasq, "--conf-file=/run/home-router-dnsmasq.conf"],
      ready: { tcp: { address: lan, port: 53 }, timeoutSeconds: 60 },
    },
    { dependsOn: settings },
  ),
  new Process("provider-dns", {
    netns: internet,
    command: [
      ...[...dnsmasq, "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=", "--user=root"],
      "--address=/www.example/203.0.113.80",
    ],
    ready: { tcp: { address: "127.0.0.1", port: 53 }, timeoutSeconds: 60 },
  }),
];

// The computers at home get their addresses by DHCP, with their names.
const script = new File("on-lease", { path: "/run/home-router-on-lease.sh", content: onLease, mode: "0755" });
function addComputer(name: string, mac: string) {
  const netns = new Netns(name);
  const cable = new VethPair(`lan-${name}`, {
    ...{ netns: router, master: lan },
    peer: { name: "eth0", netns, mac },
  });
  const client = new Process(
    `${name}-dhcp`,
    {
      netns,
      command: [
        "busybox",
        "udhcpc",
        "-f",
        "-i",
        "eth0",
        "-s",
        "/run/home-router-on-lease.sh",
        "-x",
        `hostname:${name}`,
      ],
      ready: { exec: ["ping", "-c", "1", "-W", "1", "192.168.1.1"], timeoutSeconds: 60 },
    },
    { dependsOn: [script, cable, ...names] },
  );
  return { netns, client };
}
const pc = addComputer("pc", "02:00:00:00:01:64");
const nas = addComputer("nas", nasMac);

// The firewall: connections from home are accepted, and so are their answers.
const input = { netns: router, chain: "INPUT", target: "ACCEPT" } as const;
const forward = { netns: router, chain: "FORWARD", target: "ACCEPT" } as const;
const nat = { netns: router, table: "nat" } as const;
const rules = [
  new IptablesRule("known-to-router", { ...input, ctstate: ["ESTABLISHED", "RELATED"] }),
  new IptablesRule("home-to-router", { ...input, inInterface: "br-lan" }),
  new IptablesRule("itself-to-router", { ...input, inInterface: "lo" }),
  new IptablesRule("known", { ...forward, ctstate: ["ESTABLISHED", "RELATED"] }),
  new IptablesRule("outwards", { ...forward, inInterface: "br-lan", outInterface: "wan0" }),
  new IptablesRule("forwarded-port", { ...forward, inInterface: "wan0", ctstate: ["DNAT"] }),
  new IptablesRule("port-8080", {
    ...{ ...nat, chain: "PREROUTING", inInterface: "wan0", protocol: "tcp", destinationPorts: 8080 },
    ...{ target: "DNAT", toDestination: "192.168.1.20:80" },
  }),
  new IptablesRule("masquerade", { ...nat, chain: "POSTROUTING", outInterface: "wan0", target: "MASQUERADE" }),
];
const policies = ["INPUT", "FORWARD"].map(
  (chain) => new IptablesPolicy(`drop-${chain}`, { netns: router, chain, policy: "DROP" }, { dependsOn: rules }),
);

const serve = (name: string, netns: Netns) =>
  new Process(`web-${name}`, {
    netns,
    command: webServer(name, 80),
    ready: { tcp: { address: "127.0.0.1", port: 80 }, timeoutSeconds: 60 },
  });
const servers = [serve("nas", nas.netns), serve("www", internet)];
const all = { dependsOn: [site, out, intruder, forwards, pc.client, nas.client, ...policies, ...servers] };

// From home everything can be reached by name.
const browse = new Probe(
  "browse",
  { netns: pc.netns, http: { url: "http://203.0.113.80", expectBody: "www, for 198.51.100.2" } },
  all,
);
const nameOutside = new Probe(
  "name-outside",
  { netns: pc.netns, dns: { server: lan, name: "www.example", expectAnswers: ["203.0.113.80"] } },
  all,
);
const nameAtHome = new Probe(
  "name-at-home",
  { netns: pc.netns, dns: { server: lan, name: "nas.home", expectAnswers: ["192.168.1.20"] } },
  all,
);
const forwarded = new Probe(
  "forwarded",
  { netns: internet, http: { url: "http://198.51.100.2:8080", expectBody: "nas, for 198.51.100.1" } },
  all,
);

// Packets that the firewall must drop.
const fails = { netns: internet, expect: "failure", attempts: 1, timeoutSeconds: 1 } as const;
const direct = new Probe("direct", { ...fails, tcp: { address: "192.168.1.20", port: 80 } }, all);
const foreignDns = new Probe("foreign-dns", { ...fails, dns: { server: wan, name: "nas.home" } }, all);

export const seen = [browse, nameOutside, nameAtHome, forwarded].map(({ results }) => results.ok);
export const refused = [direct, foreignDns].map(({ results }) => results.failures);
