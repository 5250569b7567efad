import * as pulumi from "@pulumi/pulumi";
import { Netns, Probe, VethPair } from "pulumi-localnet";

const mtu = new pulumi.Config().getNumber("mtu");

const left = new Netns("left");
const right = new Netns("right");

const cable = new VethPair("eth-left", {
  netns: left,
  addresses: ["10.90.0.1/24", "fd00:90::1/64"],
  mtu,
  peer: { name: "eth-right", netns: right, addresses: ["10.90.0.2/24", "fd00:90::2/64"], mtu },
});

const overIpv4 = new Probe("ping", { netns: left, ping: { address: cable }, triggers: [mtu] });
const overIpv6 = new Probe(
  "ping6",
  { netns: left, ping: { address: "fd00:90::2" }, triggers: [mtu] },
  { dependsOn: cable },
);

export const answered = [overIpv4.results.ok, overIpv6.results.ok];
