import { Bridge, Netns, Probe, Route, VethPair } from "pulumi-localnet";

const router = new Netns("router");
const pod = new Netns("pod");

const bridge = new Bridge("br0", { netns: router, addresses: ["10.0.0.1/24"] });
const veth = new VethPair("veth0", {
  netns: router,
  master: bridge,
  peer: { name: "eth0", netns: pod, addresses: ["10.0.0.2/24"] },
});
new Route("default", { netns: pod, destination: "default", via: bridge, device: veth });

new Probe("pod answers", { netns: router, ping: { address: veth } });
