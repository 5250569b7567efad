import type { Resource } from "@pulumi/pulumi";
import {
  Address,
  Bridge,
  IpvsBackend,
  IpvsService,
  KernelModule,
  Link,
  Netns,
  Probe,
  Process,
  Route,
  Sysctl,
  VethPair,
} from "pulumi-localnet";
import { webServer } from "../servers";

const vip = "207.175.44.110";
const client = new Netns("client");
const director = new Netns("director");
/** The link for answers that do not pass the director. */
const outside = new Bridge("br0", { netns: client, addresses: ["10.0.0.2/24"] });
const uplink = new VethPair("to-director", {
  ...{ netns: client, master: outside },
  peer: { name: "outside", netns: director, addresses: ["10.0.0.1/24"] },
});
const service = new IpvsService(
  "http",
  { netns: director, address: vip, port: 8080, scheduler: "rr" },
  { dependsOn: new KernelModule("ip_vs") },
);
const parts: Resource[] = [
  new Route("to-service", { netns: client, destination: vip, via: uplink, device: outside }),
  new Sysctl("forwards", { netns: director, key: "net.ipv4.ip_forward", value: 1 }),
  new Address("vip", { netns: director, device: "lo", address: `${vip}/32` }),
];

function addReal(name: string, number: number, forwarding: "gateway" | "masquerade" | "tunnel") {
  const netns = new Netns(name);
  const link = new VethPair(`to-${name}`, {
    ...{ netns: director, addresses: [`172.16.${number}.1/24`] },
    peer: { name: "inside", netns, addresses: [`172.16.${number}.2/24`] },
  });
  const server = new Process(`web-${name}`, {
    netns,
    command: webServer(name, 8080),
    ready: { tcp: { address: "127.0.0.1", port: 8080 }, timeoutSeconds: 60 },
  });
  const backend = new IpvsBackend(name, { netns: director, service, address: link, port: 8080, forwarding });
  parts.push(server, backend);
  return { netns, link };
}

/** A server with the service's address, which answers the client directly. It must not answer ARP requests for it. */
function answersDirectly(name: string, netns: Netns, number: number, ...links: string[]) {
  const link = new VethPair(`${name}-out`, {
    ...{ name: `from-${name}`, netns: client, master: outside },
    peer: { name: "outside", netns, addresses: [`10.0.0.${number}/24`] },
  });
  const settings = [
    ["all.arp_ignore", 1],
    ["all.arp_announce", 2],
    // The client's packets come in by another link than the one that leads to the client.
    ...["all", ...links].map((each) => [`${each}.rp_filter`, 0] as const),
  ] as const;
  const quiet = settings.map(
    ([key, value]) => new Sysctl(`${name}-${key}`, { netns, key: `net.ipv4.conf.${key}`, value }, { dependsOn: parts }),
  );
  parts.push(link, ...quiet);
  parts.push(new Address(`${name}-vip`, { netns, device: "lo", address: `${vip}/32` }, { dependsOn: quiet }));
}

const direct = addReal("direct", 1, "gateway");
answersDirectly("direct", direct.netns, 11, "inside");

const masqueraded = addReal("masqueraded", 2, "masquerade");
parts.push(new Route("back", { netns: masqueraded.netns, destination: "default", via: masqueraded.link }));

const tunnelled = addReal("tunnelled", 3, "tunnel");
// The kernel makes this link in every namespace.
const tunl0 = new Link("tunl0", { netns: tunnelled.netns, up: true }, { dependsOn: new KernelModule("ipip") });
parts.push(tunl0);
answersDirectly("tunnelled", tunnelled.netns, 13, "inside", "tunl0");

export const seen = new Probe(
  "by-turns",
  {
    netns: client,
    http: {
      url: `http://${vip}:8080`,
      expectBody: [
        `direct at ${vip}:8080, for 10.0.0.2`,
        "masqueraded at 172.16.2.2:8080, for 10.0.0.2",
        `tunnelled at ${vip}:8080, for 10.0.0.2`,
      ],
    },
    count: 6,
  },
  { dependsOn: parts },
).results.bodies;
