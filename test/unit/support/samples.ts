import type { Values } from "../../../provider/src/core/check";

/** The smallest valid inputs of each kind. */
export const samples: Readonly<Record<string, Values>> = {
  Netns: { name: "foo" },
  Bridge: { name: "br0", netns: "foo" },
  VethPair: { name: "v0", netns: "foo", peer: { name: "v1", netns: "bar" } },
  Pod: { name: "p0", bridge: "br0", netns: "foo" },
  Dummy: { name: "d0", netns: "foo" },
  Vlan: { name: "e0.5", netns: "foo", link: "e0", vid: 5 },
  Vrf: { name: "red", netns: "foo", table: 10 },
  Bond: { name: "bond0", netns: "foo", mode: "active-backup" },
  Wireguard: { name: "wg0", netns: "foo", privateKey: "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=" },
  WireguardKey: {},
  Tap: { name: "tap0", netns: "foo" },
  Ifb: { name: "ifb0", netns: "foo" },
  Macvlan: { name: "mv0", netns: "foo", link: "eth0" },
  XfrmInterface: { name: "x0", netns: "foo", ifId: 42 },
  Ipvlan: { name: "iv0", netns: "foo", link: "eth0" },
  Vxlan: { name: "vx0", netns: "foo", vni: 5 },
  Tunnel: { name: "tun0", netns: "foo", type: "gre", remote: "10.0.0.2" },
  Fou: { port: 5555, ipProtocol: 4, netns: "foo" },
  Link: { name: "eth0", mtu: 1400, netns: "foo" },
  Address: { device: "lo", address: "10.0.0.1/32", netns: "foo" },
  Neighbour: { device: "eth0", address: "10.0.0.2", mac: "02:00:00:00:00:02", netns: "foo" },
  BridgeFdb: { device: "eth0", mac: "02:00:00:00:00:02", netns: "foo" },
  Route: { destination: "default", via: "10.0.0.1", netns: "foo" },
  PolicyRule: { priority: 100, table: 100, netns: "foo" },
  MplsRoute: { label: 100, via: "10.0.0.1", netns: "foo" },
  Qdisc: { device: "eth0", kind: "htb", netns: "foo" },
  TrafficFilter: { device: "eth0", parent: "1:", priority: 10, kind: "u32", netns: "foo" },
  KernelModule: { name: "ip_vs" },
  Sysctl: { key: "net.ipv4.ip_forward", value: 1, netns: "foo" },
  IptablesChain: { name: "OWN", netns: "foo" },
  IptablesPolicy: { chain: "FORWARD", policy: "DROP", netns: "foo" },
  IptablesRule: { chain: "FORWARD", target: "ACCEPT", netns: "foo" },
  IpSet: { name: "pods", type: "hash:ip", netns: "foo" },
  ServiceTable: {
    netns: "foo",
    services: [{ name: "web", addresses: ["10.96.0.1"], ports: [{ port: 80 }], endpoints: ["10.0.0.2"] }],
  },
  NftTable: { family: "inet", name: "lab", ruleset: "", netns: "foo" },
  XfrmState: {
    ...{ source: "10.0.0.1", destination: "10.0.0.2", spi: 257, netns: "foo" },
    encryption: { algorithm: "cbc(aes)", key: "0x000102030405060708090a0b0c0d0e0f" },
  },
  XfrmPolicy: { direction: "out", netns: "foo" },
  IpvsTimeouts: { tcp: 60, netns: "foo" },
  IpvsService: { address: "10.0.0.1", port: 80, netns: "foo" },
  IpvsBackend: { service: "tcp/10.0.0.1:80@foo", address: "10.0.0.2", port: 8080 },
  File: { path: "/run/one.conf", content: "one\n" },
  Process: { command: ["sleep", "1"], netns: "foo" },
  Probe: { ping: { address: "10.0.0.1" }, netns: "foo" },
};

export const owner = "project/stack/resource";

/** The sample of a kind with other values. Undefined removes an input. */
export function sample(type: string, values: Values = {}): Values {
  return { ...samples[type], owner, ...values };
}
