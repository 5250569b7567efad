import { Bond, Bridge, Netns, Probe, Route, Sysctl, VethPair, Vlan } from "pulumi-localnet";

const fabric = new Netns("switch");
/** A port is only in the VLANs that it is given. */
const br0 = new Bridge("br0", {
  ...{ netns: fabric, vlanFiltering: true, vlanDefaultPvid: 0 },
  vlans: [{ vid: 100 }],
});

function addPort(name: string, vlans: { vid: number; pvid?: boolean; untagged?: boolean }[], addresses: string[]) {
  const netns = new Netns(name);
  const cable = new VethPair(`to-${name}`, {
    ...{ netns: fabric, master: br0, bridgePort: { vlans } },
    peer: { name: "veth0", netns, addresses },
  });
  return { netns, cable };
}

/** The router's port carries both VLANs, with tags. Ports of hosts carry one VLAN, without tags. */
const router = addPort("router", [{ vid: 10 }, { vid: 20 }, { vid: 100 }], []);
const addVlan = (vid: number, address: string) =>
  new Vlan(
    `veth0.${vid}`,
    { netns: router.netns, link: "veth0", vid, addresses: [address] },
    { dependsOn: router.cable },
  );
const gateways = { 10: addVlan(10, "10.0.10.254/24"), 20: addVlan(20, "10.0.20.254/24") };
const forwards = new Sysctl("forwards", { netns: router.netns, key: "net.ipv4.ip_forward", value: 1 });

function addHost(number: number, vid: 10 | 20) {
  const { netns, cable } = addPort(`h${number}`, [{ vid, pvid: true, untagged: true }], [`10.0.${vid}.${number}/24`]);
  const out = new Route(
    `h${number}-out`,
    { netns, destination: "default", via: `10.0.${vid}.254` },
    { dependsOn: cable },
  );
  return { netns, cable, out };
}
const h1 = addHost(1, 10);
const h2 = addHost(2, 10);
const h3 = addHost(3, 20);

// The switch itself is in a VLAN, and so is the router.
const vlanOfBridge = new Vlan("br0.100", { netns: fabric, link: br0, vid: 100, addresses: ["10.0.100.1/24"] });
const management = addVlan(100, "10.0.100.254/24");

// Two links between two hosts that are bonded into one.
const bonds = [h1, h2].map(
  ({ netns }, index) =>
    new Bond(`bond-${index + 1}`, {
      ...{ name: "bond0", netns, mode: "802.3ad", miimon: 100 },
      addresses: [`192.168.1.${index + 1}/24`],
    }),
);
const cables = ["a0", "a1"].map(
  (name) =>
    new VethPair(name, {
      ...{ netns: h1.netns, master: bonds[0] },
      peer: { name, netns: h2.netns, master: bonds[1] },
    }),
);
const all = {
  dependsOn: [...Object.values(gateways), management, vlanOfBridge, forwards, h1.out, h2.out, h3.out, ...cables],
};

const ping = (name: string, netns: Netns, address: string | VethPair) =>
  new Probe(name, { netns, ping: { address } }, all).results.ok;
/** Finds the first router on the way, by a packet with a ttl of 1. */
const hop = new Probe(
  "hop",
  {
    netns: h1.netns,
    exec: ["sh", "-c", "ping -n -c 1 -t 1 10.0.20.3 || true"],
    expectOutput: "From 10.0.10.254 icmp_seq=1 Time to live exceeded",
  },
  all,
);
const apart = new Probe(
  "no-vlan",
  // It would be a neighbour on the same link if it had the address.
  { netns: h1.netns, ping: { address: "10.0.10.3" }, expect: "failure", attempts: 1, timeoutSeconds: 1 },
  all,
);
const bonded = new Probe(
  "two-ports",
  { netns: h1.netns, exec: ["cat", "/proc/net/bonding/bond0"], expectOutput: "Number of ports: 2" },
  all,
);

export const seen = [
  ping("one-vlan", h1.netns, h2.cable),
  ping("routed", h1.netns, h3.cable),
  ping("own", router.netns, "10.0.100.1"),
  ping("bond", h1.netns, "192.168.1.2"),
  hop.results.ok,
  apart.results.failures,
  bonded.results.ok,
];
