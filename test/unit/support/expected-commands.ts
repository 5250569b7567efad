import type { Values } from "../../../provider/src/core/check";
import { groupOf } from "../../../provider/src/core/mark";
import { owner } from "./samples";

const group = String(groupOf(owner));
const mark = `localnet:${owner}`;
const link = {
  owner,
  inputs: { addresses: [], mtu: 1500, mac: "", up: true, promiscuous: false, hairpin: false },
  outputs: { ifindex: 2, macAddress: "" },
  detail: { hasAlias: true, group, duplicates: [], staticAddresses: [], entries: [] },
};
const options = { stp: false, forwardDelay: 15, ageingTime: 300, vlanFiltering: false };
const bridge = { ...link, inputs: { ...link.inputs, ...options } };
const near = { ...link, inputs: { ...link.inputs, master: "br0" } };
const lo = { isMarked: true, loopbackAddresses: [] };
const pod = {
  owner,
  inputs: { loopback: true },
  outputs: {},
  detail: { ...lo, isLoopbackUp: true, hasNamespace: true, isWhole: true, near, far: link },
};
const namespace = (loopback: boolean) => ({
  ...{ owner, inputs: { loopback }, outputs: {} },
  detail: { ...lo, isLoopbackUp: loopback },
});
const route = {
  owner,
  inputs: { via: "10.0.0.1", device: "e0", type: "unicast" },
  outputs: {},
  detail: { protocol: "157" },
};
export const observed = (inputs: Values) => ({ owner: null, inputs, outputs: {} });
const service = observed({ scheduler: "wlc", schedulerFlags: [], onePacket: false });
const inFoo = "nsenter --net=/run/netns/foo --";
/** Reads the settings that a change of forwarding also changes. */
const family = `${inFoo} grep -sH  -r --include=forwarding --include=accept_redirects /proc/sys/net/ipv4/conf`;
const iptables = `${inFoo} iptables -w 10 -t filter`;

type Row = readonly [
  what: string,
  type: string,
  values: Values,
  existing: object | undefined,
  lines: readonly string[],
];
export const rows: readonly Row[] = [
  ["made", "Netns", {}, undefined, ["ip netns add foo", `ip -n foo link set dev lo up alias ${mark}`]],
  ["as it is", "Netns", {}, namespace(true), []],
  ["its loopback down", "Netns", {}, namespace(false), [`ip -n foo link set dev lo up alias ${mark}`]],
  [
    "made",
    "Bridge",
    { stp: true, mtu: 1400 },
    undefined,
    [
      `ip -n foo link add name br0 group ${group} address MAC type bridge stp_state 1`,
      `ip -n foo link set dev br0 mtu 1400 up alias ${mark}`,
    ],
  ],
  ["as it is", "Bridge", { mtu: 1500 }, bridge, []],
  [
    "an mtu and the ageing time",
    "Bridge",
    { mtu: 1400, ageingTime: 1.5 },
    bridge,
    ["ip -n foo link set dev br0 type bridge ageing_time 150", "ip -n foo link set dev br0 mtu 1400"],
  ],
  [
    "in the host's own namespace",
    "Dummy",
    { netns: undefined },
    undefined,
    [`ip link add name d0 group ${group} address MAC type dummy`, `ip link set dev d0 up alias ${mark}`],
  ],
  [
    "made",
    "VethPair",
    {},
    undefined,
    [
      `ip -n foo link add name v0 group ${group} address MAC type veth peer name v1 netns bar group ${group} address MAC`,
      `ip -n foo link set dev v0 up alias ${mark}`,
      `ip -n bar link set dev v1 up alias ${mark}`,
    ],
  ],
  [
    "made",
    "Pod",
    { addresses: ["10.0.0.2/24"], gateway: "10.0.0.1", gateway6: "fe80::1" },
    undefined,
    [
      "test -e /proc/sys/net/ipv6",
      "ip netns add p0",
      `ip -n foo link add name veth-p0 group ${group} address MAC type veth peer name eth0 netns p0 group ${group} address MAC`,
      "ip -n foo link set dev veth-p0 addrgenmode none",
      `ip -n foo link set dev veth-p0 master br0 alias ${mark}`,
      "ip -n foo link set dev veth-p0 up",
      `ip -n p0 link set dev lo up alias ${mark}`,
      `ip -n p0 link set dev eth0 up alias ${mark}`,
      "ip -n p0 addr add 10.0.0.2/24 dev eth0",
      "ip -n p0 route replace default metric 0 via 10.0.0.1 dev eth0 proto 157",
      "ip -n p0 route replace ::/0 metric 1024 via fe80::1 dev eth0 proto 157",
    ],
  ],
  ["as it is", "Pod", {}, pod, []],
  [
    "made",
    "Route",
    { metric: 5, table: 7 },
    undefined,
    ["ip -4 -n foo route add unicast default metric 5 table 7 proto 157 via 10.0.0.1"],
  ],
  [
    "another next hop",
    "Route",
    { via: "10.0.0.2" },
    route,
    ["ip -4 -n foo route replace unicast default metric 0 table 254 proto 157 via 10.0.0.2"],
  ],
  ["as it is", "Route", {}, route, []],
  [
    "IPv6 by its own metric",
    "Route",
    { destination: "2001:db8::/32", via: "fe80::1", device: "e0" },
    undefined,
    ["ip -6 -n foo route add unicast 2001:db8::/32 metric 1024 table 254 proto 157 via fe80::1 dev e0"],
  ],
  [
    "written",
    "Sysctl",
    {},
    observed({ value: "0" }),
    [`${inFoo} cat /proc/sys/net/ipv4/ip_forward`, family, `${inFoo} tee /proc/sys/net/ipv4/ip_forward`, family],
  ],
  [
    "written, where nothing else changes with it",
    "Sysctl",
    { key: "net.ipv4.ip_local_port_range", value: "1 2" },
    observed({ value: "0 1" }),
    [`${inFoo} cat /proc/sys/net/ipv4/ip_local_port_range`, `${inFoo} tee /proc/sys/net/ipv4/ip_local_port_range`],
  ],
  [
    "made",
    "IpSet",
    { timeout: 5, counters: true, entries: ["10.0.0.1"] },
    undefined,
    [`${inFoo} ipset create pods hash:ip family inet timeout 5 counters maxelem 65536`, `${inFoo} ipset restore`],
  ],
  ["as it is", "IpSet", {}, observed({ entries: ["10.0.0.9"] }), []],
  ["made", "IptablesChain", {}, undefined, [`${iptables} -N OWN`]],
  ["as it is", "IptablesChain", {}, observed({}), []],
  [
    "set",
    "IptablesPolicy",
    {},
    observed({ policy: "ACCEPT" }),
    [`${iptables} -S FORWARD`, `${iptables} -P FORWARD DROP`],
  ],
  [
    "appended",
    "IptablesRule",
    { protocol: "tcp", destinationPorts: 80 },
    undefined,
    [`${iptables} -A FORWARD -p tcp --dport 80 -m comment --comment ${mark} -j ACCEPT`],
  ],
  [
    "inserted",
    "IptablesRule",
    { position: "insert", source: "! 10.0.0.0/8" },
    undefined,
    [`${iptables} -I FORWARD ! -s 10.0.0.0/8 -m comment --comment ${mark} -j ACCEPT`],
  ],
  ["made", "IpvsService", {}, undefined, [`${inFoo} ipvsadm -A -t 10.0.0.1:80 -s wlc`]],
  [
    "edited with all of it",
    "IpvsService",
    { persistenceTimeout: 60, persistenceNetmask: "255.0.0.0" },
    service,
    [`${inFoo} ipvsadm -E -t 10.0.0.1:80 -s wlc -p 60 -M 255.0.0.0`],
  ],
  ["as it is", "IpvsService", {}, service, []],
  [
    "by firewall mark",
    "IpvsService",
    { address: undefined, port: undefined, firewallMark: 7, family: "ipv6", onePacket: true },
    undefined,
    [`${inFoo} ipvsadm -A -f 7 -6 -s wlc -o`],
  ],
  ["made", "IpvsBackend", {}, undefined, [`${inFoo} ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2:8080 -m -w 1 -x 0 -y 0`]],
  [
    "edited with all of it",
    "IpvsBackend",
    { weight: 0, upperThreshold: 9 },
    observed({ weight: 1, forwarding: "masquerade" }),
    [`${inFoo} ipvsadm -e -t 10.0.0.1:80 -r 10.0.0.2:8080 -m -w 0 -x 9 -y 0`],
  ],
];

export const removals: readonly (readonly [type: string, existing: object, lines: readonly string[]])[] = [
  ["Netns", { detail: {} }, ["ip netns pids foo", "ip netns del foo"]],
  ["Bridge", {}, ["ip -n foo link del dev br0"]],
  ["VethPair", { detail: {} }, ["ip -n foo link del dev v0"]],
  ["Pod", pod, ["ip netns pids p0", "ip netns del p0"]],
  ["Dummy", {}, ["ip -n foo link del dev d0"]],
  ["Route", route, ["ip -n foo -4 route del unicast default metric 0 table 254 proto 157"]],
  ["Sysctl", observed({ value: "1" }), [family, `${inFoo} tee /proc/sys/net/ipv4/ip_forward`, family]],
  [
    "IptablesRule",
    { detail: { ours: [{ words: ["-j", "ACCEPT"] }], elsewhere: [{ words: ["-j", "DROP"] }] } },
    [`${iptables} -D FORWARD -j ACCEPT`, `${iptables.replace("iptables", "iptables-legacy")} -D FORWARD -j DROP`],
  ],
  ["IpvsService", {}, [`${inFoo} ipvsadm -D -t 10.0.0.1:80`]],
  ["IpvsBackend", observed({ weight: 1 }), [`${inFoo} ipvsadm -d -t 10.0.0.1:80 -r 10.0.0.2:8080`]],
  ["Probe", {}, []],
];
