import { IptablesRule, Netns, Probe, Process, Route, Sysctl, VethPair } from "pulumi-localnet";
import { webServer } from "../servers";

const node = new Netns("node");
const world = new Netns("world");
const uplink = new VethPair("uplink", {
  netns: node,
  addresses: ["198.51.100.1/24"],
  peer: { name: "eth0", netns: world, addresses: ["198.51.100.9/24"] },
});
const out = new Route("node-out", { netns: node, destination: "default", via: uplink });

/** The address of a gateway that no host has. The node answers for any address that it has a route to. */
const gateway = "169.254.1.1";

function addPod(name: string, address: string) {
  const netns = new Netns(name);
  const cable = new VethPair(`pod-${name}`, {
    netns: node,
    peer: { name: "eth0", netns, addresses: [`${address}/32`] },
  });
  const parts = [
    cable,
    new Route(`${name}-out`, { netns, destination: "default", via: gateway, device: cable, onlink: true }),
    new Route(`to-${name}`, { netns: node, destination: address, device: cable }),
    new Sysctl(
      `proxy-arp-${name}`,
      { netns: node, key: `net.ipv4.conf.pod-${name}.proxy_arp`, value: 1 },
      { dependsOn: cable },
    ),
  ];
  return { netns, cable, parts };
}
const a = addPod("a", "10.65.0.2");
const b = addPod("b", "10.65.0.3");

const rules = [
  new Sysctl("node-forwards", { netns: node, key: "net.ipv4.ip_forward", value: 1 }),
  new IptablesRule("from-pods", { netns: node, chain: "FORWARD", source: "10.65.0.0/24", target: "ACCEPT" }),
  new IptablesRule("to-pods", { netns: node, chain: "FORWARD", destination: "10.65.0.0/24", target: "ACCEPT" }),
  new IptablesRule("masquerade", {
    ...{ netns: node, table: "nat", chain: "POSTROUTING", source: "10.65.0.0/24", outInterface: "uplink" },
    target: "MASQUERADE",
  }),
];
const server = new Process("web", {
  netns: world,
  command: webServer("world", 80),
  ready: { tcp: { address: "127.0.0.1", port: 80 }, timeoutSeconds: 60 },
});
const all = { dependsOn: [out, server, ...rules, ...a.parts, ...b.parts] };

const toPod = new Probe("pod-to-pod", { netns: a.netns, ping: { address: b.cable } }, all);
const toWorld = new Probe(
  "pod-to-world",
  {
    netns: a.netns,
    http: { url: "http://198.51.100.9", expectBody: "world at 198.51.100.9:80, for 198.51.100.1" },
  },
  all,
);

export const seen = [toPod.results.ok, toWorld.results.bodies];
