import { Bridge, IptablesRule, Netns, Pod, Probe, Process, Sysctl, VethPair } from "pulumi-localnet";
import { webServer } from "../servers";

const node = new Netns("node");
const world = new Netns("world");

const cni0 = new Bridge("cni0", { netns: node, addresses: ["10.244.0.1/24"] });
const uplink = new VethPair("uplink", {
  netns: node,
  addresses: ["198.51.100.1/24"],
  peer: { name: "eth0", netns: world, addresses: ["198.51.100.9/24"] },
});

/** What a CNI plugin does for ADD. The delete of the resource does what it does for DEL. */
const add = (name: string, address: string) =>
  new Pod(name, { netns: node, bridge: cni0, addresses: [`${address}/24`], gateway: cni0 });
const pods = { foo: add("foo", "10.244.0.2"), bar: add("bar", "10.244.0.3") };

const rules = [
  new IptablesRule("from-pods", { netns: node, chain: "FORWARD", source: "10.244.0.0/16", target: "ACCEPT" }),
  new IptablesRule("to-pods", { netns: node, chain: "FORWARD", destination: "10.244.0.0/16", target: "ACCEPT" }),
  // Between pods the addresses stay. Outside, only the node's address is visible.
  new IptablesRule("masquerade", {
    ...{ netns: node, table: "nat", chain: "POSTROUTING", source: "10.244.0.0/24", outInterface: "! cni0" },
    target: "MASQUERADE",
  }),
  new Sysctl("node-forwards", { netns: node, key: "net.ipv4.ip_forward", value: 1 }),
];

const serve = (name: string, netns: Netns | Pod) =>
  new Process(`web-${name}`, {
    netns,
    command: webServer(name, 80),
    ready: { tcp: { address: "127.0.0.1", port: 80 }, timeoutSeconds: 60 },
  });
const all = { dependsOn: [uplink, ...rules, serve("bar", pods.bar), serve("world", world)] };

const toPod = new Probe(
  "pod-to-pod",
  { netns: pods.foo, http: { url: "http://10.244.0.3", expectBody: "bar at 10.244.0.3:80, for 10.244.0.2" } },
  all,
);
const toWorld = new Probe(
  "pod-to-world",
  { netns: pods.foo, http: { url: "http://198.51.100.9", expectBody: "world at 198.51.100.9:80, for 198.51.100.1" } },
  all,
);

export const seen = [toPod.results.bodies, toWorld.results.bodies];
