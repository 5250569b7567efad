import { Neighbour, Netns, Probe, Route, Sysctl, VethPair, Vlan } from "pulumi-localnet";

const outer = new Netns("outer");
const inner = new Netns("inner");

// Turns off what the kernel sends by itself when a link comes up. New links get these settings.
const quiet = Object.entries({ outer, inner }).flatMap(([name, netns]) =>
  ["accept_dad", "accept_ra", "mldv1_unsolicited_report_interval", "mldv2_unsolicited_report_interval"].map(
    (setting) => new Sysctl(`${name}-${setting}`, { netns, key: `net.ipv6.conf.default.${setting}`, value: 0 }),
  ),
);

/** VLAN tags stay in the frames, for programs that read whole frames. */
const offloads = { rxvlan: false, txvlan: false };
const link = new VethPair(
  "test0",
  {
    ...{ netns: outer, offloads, addresses: ["fc00:dead:cafe:1::1/64", "10.11.1.1/24"] },
    peer: { name: "veth0", netns: inner, offloads, addresses: ["fc00:dead:cafe:1::2/64", "10.11.1.2/24"] },
  },
  { dependsOn: quiet },
);

// Permanent entries, so that no ARP requests are sent.
const neighbours = [
  ...["fc00:dead:cafe:1::2", "10.11.1.2"].map(
    (address) => new Neighbour(address, { netns: outer, device: link, address, mac: link.peerMacAddress }),
  ),
  ...["fc00:dead:cafe:1::1", "10.11.1.1"].map(
    (address) => new Neighbour(address, { netns: inner, device: "veth0", address, mac: link.macAddress }),
  ),
];
const back = new Route(
  "back",
  { netns: inner, destination: "fc00:dead:cafe::/48", via: "fc00:dead:cafe:1::1", device: "veth0" },
  { dependsOn: link },
);

const outerVlan = new Vlan("test0.1", { netns: outer, link, vid: 1, addresses: ["fc00:dead:cafe:1001::1/64"] });
const innerVlan = new Vlan(
  "veth0.1",
  { netns: inner, link: "veth0", vid: 1, addresses: ["fc00:dead:cafe:1001::2/64"] },
  { dependsOn: [...quiet, link] },
);
const all = { dependsOn: [...neighbours, back, outerVlan, innerVlan] };

const ping = (name: string, netns: Netns, address: string) =>
  new Probe(name, { netns, ping: { address } }, all).results.ok;
const known = new Probe(
  "known",
  { netns: inner, exec: ["ip", "neigh", "show", "10.11.1.1"], expectOutput: "PERMANENT" },
  all,
);

export const seen = [
  ping("ipv4", outer, "10.11.1.2"),
  ping("ipv6", outer, "fc00:dead:cafe:1::2"),
  ping("vlan", outer, "fc00:dead:cafe:1001::2"),
  // From an address of another network, with a route back.
  ping("from-vlan", inner, "fc00:dead:cafe:1001::1"),
  known.results.ok,
];
