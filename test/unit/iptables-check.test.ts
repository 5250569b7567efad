import { check, type Values } from "../../provider/src/core/check";
import { iptablesRule } from "../../provider/src/kinds";
import { sample } from "./support/samples";

// test/kernel/cases/iptables-rule-places.test.ts compares with the kernel what is possible in which table.
const tcp = { protocol: "tcp" };
const nat = { table: "nat", chain: "PREROUTING" };

/** Inputs that iptables or the kernel refuses together, the property that the failure names, and words of the rule. */
const refused: readonly (readonly [values: Values, property: string, rule: string])[] = [
  [{ table: "nat", chain: "FORWARD" }, "chain", "table nat has no chain FORWARD, but PREROUTING, INPUT"],
  [{ table: "raw", chain: "POSTROUTING" }, "chain", "table raw has no chain POSTROUTING"],
  [{ chain: "OUTPUT", inInterface: "eth0" }, "inInterface", "not possible in OUTPUT, but in PREROUTING, INPUT and"],
  [{ chain: "INPUT", outInterface: "! eth+" }, "outInterface", "not possible in INPUT"],
  [{ chain: "OUTPUT", macSource: "02:00:00:00:00:01" }, "macSource", "not possible in OUTPUT"],
  [{ chain: "INPUT", uidOwner: 0 }, "uidOwner", "OUTPUT and POSTROUTING or in a chain of your own"],
  [{ ipsecPolicy: { dir: "in", pol: "ipsec" }, chain: "OUTPUT" }, "ipsecPolicy", "not possible in OUTPUT"],
  [{ rpfilter: {} }, "rpfilter", "only in table mangle and raw"],
  [{ target: "MASQUERADE" }, "target", "MASQUERADE is possible only in table nat"],
  [{ ...nat, target: "MASQUERADE" }, "target", "MASQUERADE is not possible in PREROUTING, but in POSTROUTING"],
  [{ ...nat, target: "REJECT" }, "target", "only in table filter"],
  [{ ...nat, target: "DROP" }, "target", "only in table filter, mangle, raw and security"],
  [{ target: "FORWARD" }, "target", "must not be the chain that the rule is in"],
  [{ target: "INPUT" }, "target", "must not be a built-in chain"],
  [{ target: "REJECT", rejectWith: "tcp-reset" }, "rejectWith", "tcp-reset needs protocol tcp"],
  [{ target: "REJECT", rejectWith: "tcp-reset", protocol: "! tcp" }, "rejectWith", "needs protocol tcp"],
  [{ target: "REJECT", rejectWith: "icmp6-no-route" }, "rejectWith", "must be one of family ipv4"],
  [{ target: "REJECT", rejectWith: "icmp-net-unreachable", family: "ipv6" }, "rejectWith", "of family ipv6"],
  [{ addressType: { source: "! BROADCAST" }, family: "ipv6" }, "addressType.source", "for IPv6"],
  [{ ...tcp, destinationPorts: "80:70" }, "destinationPorts", "from low to high"],
  [{ ...tcp, destinationPorts: "1,2,3,4,5,6,7,8,9,10,11,12,13,14:15,16" }, "destinationPorts", "at most 15 ports"],
  [{ mark: "4294967296" }, "mark", "below 4294967296"],
  [{ mark: "1/4294967296" }, "mark", "below 4294967296"],
  [{ limit: { rate: "10001/second" } }, "limit.rate", "at most 10000/second"],
  [{ source: "! 0.0.0.0/0" }, "source", "would never match"],
  [{ protocol: "! all" }, "protocol", "would never match"],
  [{ protocol: 256 }, "protocol", "0 to 255"],
  [{ protocol: "carrots" }, "protocol", "must be one of tcp"],
  [{ ...nat, ...tcp, target: "REDIRECT", toPorts: "90-80" }, "toPorts", "the lower one first"],
  [{ ...nat, ...tcp, target: "DNAT", toDestination: "10.0.0.1:65536" }, "toDestination", "0 to 65535"],
  [{ ...nat, target: "DNAT", toDestination: "10.0.0.1:80" }, "toDestination", "needs protocol tcp, udp, sctp or dccp"],
  [{ icmpType: 8 }, "icmpType", "needs protocol icmp"],
  [{ protocol: "icmp", icmpType: "packet-too-big" }, "icmpType", "family ipv4"],
  [{ protocol: "icmp", icmpType: "8/256" }, "icmpType", "up to 255"],
  [{ tcpFlags: "syn" }, "tcpFlags", "needs protocol tcp"],
  [{ ...tcp, tcpFlags: "SYN" }, "tcpFlags", "two lists"],
  [{ ctstate: ["NEW", "! INVALID"] }, "ctstate", "before the first only"],
  [{ chain: "OUTPUT", uidOwner: "20-10" }, "uidOwner", "a range"],
  [{ chain: "OUTPUT", gidOwner: 4294967295 }, "gidOwner", "0 to 4294967294"],
  [{ length: 65536 }, "length", "0 to 65535"],
  [{ ttl: { eq: 256 } }, "ttl.eq", "0 to 255"],
  [{ ttl: { eq: 1, gt: 1 } }, "ttl", "one of eq, lt and gt"],
  [{ ipRange: { source: "10.0.0.1" } }, "ipRange.source", "must be a range"],
  [{ ipRange: { source: "::1-::2" } }, "ipRange.source", "of family ipv4"],
  [{ recent: { name: "a", action: "set", seconds: 5 } }, "recent", "only with action rcheck or update"],
  [{ recent: { name: "a", action: "rcheck", seconds: 0 } }, "recent.seconds", "1 to 2147483647"],
  [{ hashlimit: { name: "a" } }, "hashlimit", "needs upto or above"],
  [{ hashlimit: { name: "a", upto: "1/day" } }, "hashlimit", "per second, minute or hour"],
  [{ hashlimit: { name: "a".repeat(16), upto: "1/hour" } }, "hashlimit.name", "1 to 15"],
  [{ table: "mangle", chain: "PREROUTING", target: "TPROXY", onPort: 80 }, "target", "needs protocol tcp or udp"],
  [{ table: "mangle", target: "TCPMSS", setMss: 1400, ...tcp }, "target", "with SYN"],
  [{ table: "mangle", target: "TCPMSS", ...tcp, tcpFlags: "syn" }, "clampMssToPmtu", "required for target TCPMSS, or"],
  [{ target: "TEE", gateway: "0.0.0.0" }, "gateway", "address of a neighbour"],
  [{ target: "TEE", gateway: "fd00::1" }, "gateway", "of family ipv4"],
  [{ recent: { name: "a", action: "rcheck", reap: true } }, "recent", "takes reap only with seconds"],
  [{ target: "MARK", setXmark: "0x4000/0x4000" }, "setXmark", "otherwise use setMark"],
  [{ target: "CONNMARK" }, "setMark", "is required for target CONNMARK, or setXmark or saveMark or restoreMark"],
  [{ target: "CONNMARK", setMark: 1, nfmask: "0xff" }, "nfmask", "needs saveMark or restoreMark"],
  [{ target: "NFQUEUE", queueNum: 65536 }, "queueNum", "0 to 65535"],
  [{ recent: { name: "l", action: "update", seconds: 0x80000000 } }, "recent.seconds", "1 to 2147483647"],
  [{ random: true }, "random", "is only for target SNAT, DNAT, MASQUERADE, REDIRECT"],
  [{ target: "SET", addSet: { name: "! a", flags: ["src"] } }, "addSet.name", "name of a set"],
];

test.each(refused)("%j is refused at %s: %s", (values, property, rule) => {
  const { failures } = check(iptablesRule, sample("IptablesRule", values));
  expect(failures.map((each) => each.property)).toContain(property);
  expect(failures.find((each) => each.property === property)?.reason).toContain(rule);
});

/** Inputs that the kernel accepts in a user-defined chain, whatever chain jumps to it. */
test.each<Values>([
  { inInterface: "eth0", outInterface: "eth1" },
  { uidOwner: 1, macSource: "02:00:00:00:00:01", socket: {} },
  { table: "nat", target: "MASQUERADE" },
  { table: "nat", target: "DNAT", toDestination: "10.0.0.1" },
  { target: "" },
  { target: "ONES-OTHER" },
  ...["constructor", "valueOf", "toString"].map((target) => ({ target })),
])("in a user-defined chain %j is accepted", (values) => {
  const { failures } = check(iptablesRule, sample("IptablesRule", { chain: "ONES-OWN", target: "ACCEPT", ...values }));
  expect(failures).toEqual([]);
});

test.each([
  [6, "tcp"],
  ["! 58", "! icmpv6"],
  [0, "all"],
  ["007", "7"],
  ["icmpv6", "icmpv6"],
])("protocol %j is %s", (protocol, name) => {
  expect(check(iptablesRule, sample("IptablesRule", { protocol })).inputs.protocol).toBe(name);
});
