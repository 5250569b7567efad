import { Netns, Probe, Route, Sysctl, VethPair } from "pulumi-localnet";

const desk = new Netns("Desk");
const r01 = new Netns("R01");
const r12 = new Netns("R12");
const server = new Netns("Server");

/** A veth pair with network 10.60.NUMBER.0/24. */
const connect = (left: Netns, from: string, right: Netns, to: string, number: number) =>
  new VethPair(from, {
    netns: left,
    addresses: [`10.60.${number}.1/24`],
    peer: { name: to, netns: right, addresses: [`10.60.${number}.2/24`] },
  });
const first = connect(desk, "Desk.e0", r01, "R01.e0", 0);
const second = connect(r01, "R01.e1", r12, "R12.e1", 1);
const third = connect(r12, "R12.e2", server, "Server.e2", 2);

const routes = [
  new Route("desk-out", { netns: desk, destination: "10.60.0.0/16", via: first }),
  new Route("r01-right", { netns: r01, destination: "10.60.2.0/24", via: second }),
  new Route("r12-left", { netns: r12, destination: "10.60.0.0/24", via: second }),
  new Route("server-out", { netns: server, destination: "default", via: third }),
];
const settings = [
  new Sysctl("r01-forwards", { netns: r01, key: "net.ipv4.ip_forward", value: 1 }),
  new Sysctl("r12-forwards", { netns: r12, key: "net.ipv4.ip_forward", value: 1 }),
];
// A packet is forwarded if forwarding is on for the link that it comes in by.
const closed = new Sysctl(
  "r12-closed",
  { netns: r12, key: "net/ipv4/conf/R12.e2/forwarding", value: 0 },
  { dependsOn: [third, ...settings] },
);
const all = { dependsOn: [...routes, closed] };
const fails = { expect: "failure", attempts: 1, timeoutSeconds: 1 } as const;

const near = new Probe("desk-to-r12", { netns: desk, ping: { address: second } }, all);
const answerLost = new Probe("desk-to-server", { netns: desk, ping: { address: third }, ...fails }, all);
const next = new Probe("server-to-r12", { netns: server, ping: { address: third } }, all);
const stopped = new Probe("server-to-desk", { netns: server, ping: { address: first }, ...fails }, all);

export const seen = [near.results.ok, answerLost.results.failures, next.results.ok, stopped.results.failures];
