import { check, unknown, type Values } from "../../provider/src/core/check";
import { kinds } from "../../provider/src/kinds";
import { sample, samples } from "./support/samples";

function failures(type: string, values: Values) {
  const kind = kinds[type];
  if (!kind) throw new Error(`there is no kind ${type}`);
  return check(kind, sample(type, values)).failures;
}

/** Wrong inputs: the kind, the inputs, the property that the failure names, and words of the rule. */
const bad: readonly (readonly [type: string, values: Values, property: string, rule: string])[] = [
  ...["Bridge", "Dummy", "VethPair"].flatMap((type) =>
    [
      "abcdefghijklmnop",
      "a b",
      "a/b",
      "..",
      ".",
      "-a",
      "%d",
      "a%d",
      "",
      "all",
      "default",
      "lo",
      "a:b",
      "é",
      "a\nb",
      "a\u0000",
    ].map((name) => [type, { name }, "name", "must"] as const),
  ),
  ["Bridge", { name: undefined }, "name", "is required"],
  ["Bridge", { nmae: "x" }, "nmae", "is not an input"],
  ["Netns", { name: "../x" }, "name", 'letters, digits, "_", "." and "-"'],
  ["Netns", { name: "-x" }, "name", "the first a letter or digit"],
  ["Netns", { name: "a".repeat(65) }, "name", "must be 1 to 64"],
  ["Bridge", { netns: "../x" }, "netns", "must be 1 to 64"],
  ["VethPair", { peer: { name: "a b" } }, "peer.name", "must be 1 to 15"],
  ["VethPair", { peer: { name: "v1", netns: "../x" } }, "peer.netns", "must be 1 to 64"],
  ["VethPair", { peer: { name: "v0", netns: "foo" } }, "peer.name", "must differ"],
  ["VethPair", { hairpin: true }, "hairpin", "needs master"],
  ["VethPair", { peer: { name: "v1", hairpin: true } }, "peer.hairpin", "needs peer.master"],
  ["Pod", { bridge: undefined }, "bridge", "is required"],
  ["Pod", { name: "eleven-long" }, "link", "veth-eleven-long is longer than 15 characters"],
  ["Pod", { gateway: "fe80::1" }, "gateway", "must be an IPv4 address"],
  ["Pod", { gateway6: "10.0.0.1" }, "gateway6", "must be an IPv6 address"],
  ["Pod", { gateway: "10.0.0.1", up: false }, "up", "must be true for a gateway"],
  ["Bridge", { addresses: ["10.0.0.1/33"] }, "addresses.0", "with a prefix length"],
  ["Bridge", { addresses: ["10.0.0.1"] }, "addresses.0", "with a prefix length"],
  ["Bridge", { addresses: ["2001:db8::1/129"] }, "addresses.0", "with a prefix length"],
  ["Bridge", { addresses: ["fe80::1%eth0/64"] }, "addresses.0", "with a prefix length"],
  ["Bridge", { addresses: ["2001:db8::1/64", "2001:0db8::1/64"] }, "addresses", "must not name an address twice"],
  // With IPv4 the kernel accepts it.
  ["Bridge", { addresses: ["2001:db8::1/64", "2001:db8::1/48"] }, "addresses", "must not name an address twice"],
  ...[{ forwardDelay: 4.123 }, { forwardDelay: 4.51 }, { ageingTime: 1.005 }].map(
    (times) => ["Bridge", times, Object.keys(times)[0] ?? "", "tenths of a second"] as const,
  ),
  ["Bridge", { mtu: 67 }, "mtu", "68 to 65535"],
  ["Bridge", { mtu: "1500" }, "mtu", "whole number"],
  ["Bridge", { mac: "01:00:00:00:00:01" }, "mac", "unicast"],
  ["Bridge", { mac: "00:00:00:00:00:00" }, "mac", "unicast"],
  ["Bridge", { host: "root@other" }, "host", "ssh://"],
  ["Bridge", { host: "ssh://-oProxyCommand=x" }, "host", "ssh://"],
  ["Bridge", { host: "ssh://a b" }, "host", "ssh://"],
  ["Route", { destination: "10.0.0.1/8" }, "destination", "no bits set"],
  ["Route", { destination: "0.0.0.0/33" }, "destination", "a network"],
  ["Route", { via: undefined }, "via", "needs via, device or nextHops"],
  ["Route", { via: "2001:db8::1" }, "device", "IP version"],
  ["Route", { source: "2001:db8::1" }, "source", "IP version"],
  ["Route", { type: "blackhole" }, "type", "must not have via or device"],
  ["Route", { type: "martian" }, "type", "must be one of unicast"],
  ["Route", { table: 0 }, "table", "at least 1"],
  ["Sysctl", { key: "net/../kernel/hostname" }, "key", 'below "net"'],
  ["Sysctl", { key: "kernel.hostname" }, "key", 'below "net"'],
  ["Sysctl", { key: "net" }, "key", 'below "net"'],
  ["Sysctl", { key: "net//ipv4" }, "key", 'below "net"'],
  ["Sysctl", { key: "/net/ipv4/ip_forward" }, "key", 'below "net"'],
  ["Sysctl", { value: "1\n2" }, "value", "printable"],
  ["Sysctl", { value: 1.5 }, "value", "whole number"],
  ["Sysctl", { value: "yes" }, "value", "must be 0 or 1 for net/ipv4/ip_forward"],
  ["Sysctl", { key: "net.ipv6.conf.e0.accept_ra", value: 3 }, "value", "must be 0, 1 or 2"],
  ["Sysctl", { key: "net.ipv4.conf.R01.e0.rp_filter" }, "key", "net/ipv4/conf/R01.e0/rp_filter"],
  ["Sysctl", { key: "net.ipv4.route.flush" }, "key", "is not a setting"],
  ["Sysctl", { key: "net.ipv4.neigh.e0.retrans_time" }, "key", "net/ipv4/neigh/e0/retrans_time_ms"],
  ["IpvsService", { port: 0 }, "port", "needs persistenceTimeout"],
  ["IpvsService", { port: -1 }, "port", "0 to 65535"],
  ["IpvsService", { port: 70000 }, "port", "0 to 65535"],
  ["IpvsBackend", { tunnelType: "gre" }, "tunnelType", "needs forwarding tunnel"],
  ["IpvsBackend", { forwarding: "tunnel", port: 80, tunnelType: "gue" }, "tunnelPort", "is needed"],
  ["IpvsBackend", { forwarding: "tunnel", port: 80, tunnelPort: 6080 }, "tunnelPort", "needs tunnelType gue"],
  ["IpvsService", { port: 80.5 }, "port", "whole number"],
  ["IpvsService", { port: undefined }, "address", "address and port, or firewallMark"],
  ["IpvsService", { firewallMark: 1 }, "address", "address and port, or firewallMark"],
  ["IpvsService", { scheduler: "best" }, "scheduler", "must be one of rr, wrr"],
  ["IpvsService", { onePacket: true }, "onePacket", "only for udp"],
  ["IpvsService", { persistenceNetmask: "255.0.0.0" }, "persistenceNetmask", "needs persistenceTimeout"],
  ["IpvsService", { persistenceTimeout: 60, persistenceNetmask: "24" }, "persistenceNetmask", "netmask for IPv4"],
  ...["300.0.0.0", "0", "129"].map(
    (mask) => ["IpvsService", { persistenceNetmask: mask }, "persistenceNetmask", "must be a netmask such as"] as const,
  ),
  ["IpvsBackend", { service: "tcp:10.0.0.1:80" }, "service", "id of a service"],
  ["IpvsBackend", { service: "tcp/10.0.0.1:80@../x" }, "service", "id of a service"],
  ["IpvsBackend", { service: "tcp/999.0.0.1:80" }, "service", "id of a service"],
  ["IpvsBackend", { service: "tcp/10.0.0.1:70000" }, "service", "id of a service"],
  ["IpvsBackend", { forwarding: "gateway" }, "port", "must be the service's, 80"],
  ["IpvsBackend", { forwarding: "tunnel" }, "port", "must be the service's, 80"],
  ["IpvsBackend", { upperThreshold: 1, lowerThreshold: 2 }, "lowerThreshold", "must not be above upperThreshold"],
  ["IpvsBackend", { lowerThreshold: 2 }, "lowerThreshold", "needs upperThreshold"],
  ["IpvsBackend", { weight: -1 }, "weight", "must not be negative"],
  ["IptablesRule", { target: "-j" }, "target", "must be 1 to 28"],
  ["IptablesRule", { target: "TARGET OF NONE" }, "target", "must be 1 to 28"],
  ["IptablesRule", { table: "filters" }, "table", "must be one of filter"],
  ["IptablesRule", { source: "2001:db8::1" }, "source", "of family ipv4"],
  ["IptablesRule", { source: "example.org" }, "source", "address or a network"],
  ["IptablesRule", { destinationPorts: 80 }, "destinationPorts", "needs protocol"],
  ["IptablesRule", { protocol: "tcp", destinationPorts: 70000 }, "destinationPorts", "1 to 65535"],
  ["IptablesRule", { protocol: "tcp", destinationPorts: 0 }, "destinationPorts", "1 to 65535"],
  ["IptablesRule", { target: "SNAT", table: "nat" }, "toSource", "is required"],
  ["IptablesRule", { toSource: "10.0.0.1" }, "toSource", "only for target SNAT"],
  ["IptablesRule", { target: "MARK", setMark: "! 1" }, "setMark", "cannot be negated"],
  ["IptablesRule", { target: "SNAT", toSource: "999.0.0.1" }, "toSource", "of family ipv4"],
  ["IptablesRule", { target: "SNAT", toSource: "2001:db8::1" }, "toSource", "of family ipv4"],
  ["IptablesRule", { target: "SNAT", toSource: "10.0.0.1", family: "ipv6" }, "toSource", "of family ipv6"],
  ["IptablesRule", { comment: "a\nb" }, "comment", "one line"],
  ["IptablesRule", { field: "x" }, "field", "is not an input"],
  ["KernelModule", { name: "-r" }, "name", "must be 1 to 64"],
  ["KernelModule", { parameters: { "a b": 1 } }, "parameters.a b", "must have names"],
  ["Process", { command: [] }, "command", "must name a command"],
  ["Process", { workingDirectory: "tmp" }, "workingDirectory", "absolute path"],
  ["Process", { ready: {} }, "ready", "give one of"],
  ["Process", { environment: { "A=B": "c" } }, "environment.A=B", "must have names"],
  ["Process", { environment: { LOCALNET_ID: "c" } }, "environment.LOCALNET_ID", "must not contain"],
  ["Process", { command: ["sh", "a\0b"] }, "command.1", "without NUL"],
  ["Process", { command: ["a\nb"] }, "command", "printable ASCII"],
  ["Probe", { ping: undefined }, "http", "give one of"],
  ["Probe", { expect: "failure", maxMilliseconds: 5 }, "maxMilliseconds", "has no meaning"],
  ["Probe", { ping: { address: "10.0.0.1", size: 65508 } }, "ping.size", "0 to 65507"],
  ["Probe", { ping: undefined, udp: { address: "10.0.0.1", port: 9, send: "" } }, "udp.send", "must not be empty"],
  ["Probe", { ping: undefined, dns: { server: "10.0.0.1", name: "-x" } }, "dns.name", "must be a DNS name"],
  ["Probe", { ping: undefined, dns: { server: "10.0.0.1", name: "x", type: "ANY" } }, "dns.type", "must be one of A,"],
  ["Probe", { ping: undefined, exec: ["-x"] }, "exec", 'must not be empty, start with "-"'],
  ["Probe", { expectOutput: "x" }, "expectOutput", "has no meaning without exec"],
  ["Route", { via: "224.0.0.1" }, "via", "must be a unicast address"],
  ["Route", { via: "0.0.0.0" }, "via", "must be a unicast address"],
  ["Route", { destination: "::/0", via: "ff02::1", device: "e" }, "via", "must be a unicast address"],
  ["Route", { destination: "::/0", via: "fe80::1" }, "device", "is needed with a link-local via"],
  ["Route", { source: "255.255.255.255" }, "source", "must be a unicast address"],
  ["Route", { scope: "link" }, "scope", "must be global with a via"],
  ["Route", { type: "local", via: undefined, device: "lo", scope: "link" }, "scope", "must be host with type local"],
  ["PolicyRule", { sourcePorts: 0 }, "sourcePorts", "from 1 up to 65535"],
  ["PolicyRule", { destinationPorts: "0-5" }, "destinationPorts", "from 1 up to 65535"],
  ["MplsRoute", { via: "224.0.0.1" }, "via", "must be a unicast address"],
  ["MplsRoute", { via: "fe80::1" }, "device", "is needed with a link-local via"],
  ["Fou", { ipProtocol: undefined }, "ipProtocol", "is required with type fou"],
  ["Fou", { type: "gue" }, "ipProtocol", "must not be given with type gue"],
  ["Fou", { port: 65536 }, "port", "must be 1 to 65535"],
  ["Link", { name: "lo", master: "br0" }, "master", "lo cannot be a port"],
  ["IpvsBackend", { address: "224.0.0.1" }, "address", "must be a unicast address"],
  ["IpvsBackend", { address: "2001:db8::1" }, "forwarding", "must be tunnel for a backend of another IP version"],
  ["IpvsTimeouts", { udp: 0 }, "udp", "1 to 2147483"],
  ["Probe", { ping: undefined, http: { url: "file:///etc/passwd" } }, "http.url", "http:// or https://"],
  ["Probe", { ping: undefined, tcp: { address: "10.0.0.1", port: 0 } }, "tcp.port", "1 to 65535"],
];

test.each(bad)("%s %j fails at %s: %s", (type, values, property, rule) => {
  const messages = failures(type, values);
  expect(messages.map((each) => each.property)).toContain(property);
  const reason = messages.find((each) => each.property === property)?.reason ?? "";
  expect(reason.startsWith(`${property}: `)).toBe(true);
  expect(reason).toContain(rule);
});

test.each(Object.keys(kinds))("the smallest inputs of %s are accepted", (type) => {
  expect(Object.keys(samples)).toContain(type);
  expect(failures(type, {})).toEqual([]);
});

test.each([
  ["10.0.0.1", "ipv4"],
  ["10.0.0.1-10.0.0.9:1024-2048", "ipv4"],
  ["10.0.0.1:80", "ipv4"],
  ["2001:db8::1", "ipv6"],
  ["[2001:db8::1]:80", "ipv6"],
])("IptablesRule takes %s as a new source of %s", (toSource, family) => {
  const values = { table: "nat", chain: "POSTROUTING", protocol: "tcp", target: "SNAT", toSource, family };
  expect(failures("IptablesRule", values)).toEqual([]);
});

test("an IpvsService may keep all clients with one backend", () => {
  expect(failures("IpvsService", { persistenceTimeout: 60, persistenceNetmask: "0.0.0.0" })).toEqual([]);
});

/** Values as users write them and as the kernel prints them. Without this, every refresh would show a difference. */
test.each([
  ["Bridge", "addresses", ["2001:DB8:0:0::1/064", "10.0.0.1/24"], ["2001:db8::1/64", "10.0.0.1/24"]],
  ["Bridge", "mac", "02:AB:00:00:00:01", "02:ab:00:00:00:01"],
  ["Route", "destination", "0.0.0.0/0", "default"],
  ["Route", "destination", "10.0.0.1/32", "10.0.0.1"],
  ["Sysctl", "key", "net.ipv4.ip_forward", "net/ipv4/ip_forward"],
  ["Sysctl", "key", "net.ipv4.conf.eth0/10.forwarding", "net/ipv4/conf/eth0.10/forwarding"],
  ["Sysctl", "value", " 1 ", "1"],
  ["Neighbour", "address", "2001:DB8:0::2", "2001:db8::2"],
  ["IpvsService", "schedulerFlags", ["sh-port", "sh-fallback", "sh-port"], ["sh-fallback", "sh-port"]],
  ["Probe", "ping", { address: "::FFFF:10.0.0.1" }, { address: "::ffff:10.0.0.1" }],
])("%s: %s %j becomes %j", (type, key, given, normal) => {
  const { inputs, failures: messages } = check(
    kinds[type] as NonNullable<(typeof kinds)[string]>,
    sample(type, { [key]: given }),
  );
  expect(messages).toEqual([]);
  expect(inputs[key]).toEqual(normal);
});

test("unknown values pass, and all others keep their defaults and rules", () => {
  const kind = kinds.VethPair;
  if (!kind) throw new Error("no kind");
  const values = sample("VethPair", {
    netns: unknown,
    mtu: 1,
    peer: { name: "v1", netns: unknown, addresses: [unknown, "10.0.0.1/24"] },
  });
  const { inputs, failures: messages } = check(kind, values);
  expect(messages.map(({ property }) => property)).toEqual(["mtu"]);
  expect(inputs).toMatchObject({
    netns: unknown,
    up: true,
    peer: { netns: unknown, up: true, addresses: [unknown, "10.0.0.1/24"] },
  });
});

test("several mistakes are all reported", () => {
  expect(failures("Bridge", { name: "a b", mtu: 1, stp: "yes" }).map(({ property }) => property)).toEqual([
    "name",
    "mtu",
    "stp",
  ]);
});
