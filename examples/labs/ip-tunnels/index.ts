import {
  Address,
  Fou,
  KernelModule,
  Link,
  Netns,
  PolicyRule,
  Probe,
  Route,
  Tunnel,
  VethPair,
  Vxlan,
} from "pulumi-localnet";

const first = { number: 1, netns: new Netns("ns1"), address: "192.168.1.1" };
const second = { number: 2, netns: new Netns("ns2"), address: "192.168.1.2" };
type End = typeof first;

const underlay = new VethPair("underlay", {
  ...{ name: "veth1", netns: first.netns, addresses: [`${first.address}/24`] },
  peer: { name: "veth2", netns: second.netns, addresses: [`${second.address}/24`] },
});
const below = { dependsOn: underlay };

/** Each end of a tunnel has an address that is reached through it. */
function connect(name: string, network: number, addEnd: (end: End, other: End) => Tunnel | Vxlan) {
  const behind = (end: End) => `172.16.${network}.${end.number}`;
  const parts = [[first, second] as const, [second, first] as const].flatMap(([end, other]) => {
    const { netns, number } = end;
    const loopback = new Address(`${name}-own-${number}`, { netns, device: "lo", address: `${behind(end)}/32` });
    const device = addEnd(end, other);
    const way = { netns, destination: behind(other), device, source: behind(end) };
    return [loopback, new Route(`${name}-way-${number}`, way, { dependsOn: loopback })];
  });
  const options = { dependsOn: parts };
  return new Probe(name, { netns: first.netns, ping: { address: behind(second) } }, options).results.ok;
}

const answers = (["ipip", "gre", "gretap"] as const).map((type, index) =>
  connect(
    type,
    index + 1,
    ({ netns, number, address: local }, { address: remote }) =>
      new Tunnel(`${type}-${number}`, { name: `to-${type}`, netns, type, local, remote }, below),
  ),
);
const multicast = connect(
  "vxlan",
  4,
  ({ netns, number }) =>
    new Vxlan(`vxlan-${number}`, { name: "to-vxlan", netns, vni: 1, link: `veth${number}`, group: "239.1.1.1" }, below),
);

// GRE in UDP: routers and network cards spread it over their paths and queues by its ports.
const module = new KernelModule("fou");
const encapsulation = { type: "gue", destinationPort: 6080 } as const;
const gue = connect("gue", 6, ({ netns, number, address: local }, { address: remote }) => {
  const receiver = new Fou(`gue-receiver-${number}`, { netns, port: 6080, type: "gue" }, { dependsOn: module });
  return new Tunnel(
    `gue-${number}`,
    { name: "to-gue", netns, type: "gre", local, remote, key: 6, encapsulation },
    { dependsOn: [underlay, receiver] },
  );
});

// The kernel makes `tunl0` in every namespace: one end for any number of others, and each route says which.
const ipip = new KernelModule("ipip");
const parts = [[first, second] as const, [second, first] as const].flatMap(([{ netns, number }, other]) => {
  const address = `172.16.5.${number}`;
  const device = new Link(`tunl0-${number}`, { name: "tunl0", netns, up: true }, { dependsOn: [ipip, underlay] });
  const lo = new Address(`tunl0-own-${number}`, { netns, device: "lo", address: `${address}/32` });
  const hop = { netns, via: other.address, device, onlink: true };
  return [
    new Route(
      `tunl0-way-${number}`,
      { ...hop, destination: `172.16.5.${other.number}`, source: address },
      { dependsOn: lo },
    ),
    // All packets from this address go to the other end.
    new Route(`tunl0-rest-${number}`, { ...hop, destination: "default", table: 11 }),
    new PolicyRule(`tunl0-rule-${number}`, { netns, priority: 32000, from: address, table: 11 }),
    new Address(`tunl0-far-${number}`, { netns, device: "lo", address: `172.17.5.${number}/32` }),
  ];
});
const fallback = new Probe("tunl0", { netns: first.netns, ping: { address: "172.16.5.2" } }, { dependsOn: parts });
// Only that table has a route there.
const byRule = new Probe(
  "by-rule",
  { netns: first.netns, exec: ["ping", "-c", "1", "-W", "5", "-I", "172.16.5.1", "172.17.5.2"] },
  { dependsOn: parts },
);

export const seen = [...answers, multicast, gue, fallback.results.ok, byRule.results.ok];
