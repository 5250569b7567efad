import { check, unknown, type Values } from "../../provider/src/core/check";
import { kinds } from "../../provider/src/kinds";
import { bad } from "./support/bad-inputs";
import { sample, samples } from "./support/samples";

function failures(type: string, values: Values) {
  const kind = kinds[type];
  if (!kind) throw new Error(`there is no kind ${type}`);
  return check(kind, sample(type, values)).failures;
}

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
