import { check, type Values } from "../../../provider/src/core/check";
import { policyRule as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import type { World } from "../support/world";

/** The rules of one priority, as `ip` prints them. */
async function readRule(world: World, netns: string, version: string, priority: number): Promise<Values | undefined> {
  const text = await world.run("ip", "-n", netns, version, "-N", "-d", "rule", "show", "priority", String(priority));
  const lines = text.split("\n").filter(Boolean);
  if (lines.length === 0) return undefined;
  return { lines: lines.length, words: (lines[0] ?? "").replace(/^\d+:\s*|\[detached\] |ipproto-/g, "").trim() };
}

/** A rule as `ip` prints it. */
function expected(values: Values): Values {
  const { not, from, to, iif, oif, firewallMark, tos, ipProtocol, sourcePorts, destinationPorts } = values;
  const { uidRange, table, action, suppressPrefixLength } = values;
  const option = (word: string, value: unknown) => (value === undefined ? [] : [word, value]);
  const actions: Record<string, string> = { blackhole: "6", unreachable: "7", prohibit: "8" };
  const words = [
    ...(not ? ["not"] : []),
    ...["from", from ?? "all", ...option("to", to)],
    ...option("tos", tos === undefined ? undefined : `0x${Number(tos).toString(16).padStart(2, "0")}`),
    ...[...option("fwmark", firewallMark), ...option("iif", iif), ...option("oif", oif)],
    ...[...option("uidrange", uidRange && `${uidRange}-${uidRange}`), ...option("ipproto", ipProtocol)],
    ...[...option("sport", sourcePorts), ...option("dport", destinationPorts)],
    ...(action === undefined ? ["lookup", table] : [actions[String(action)]]),
    ...[...option("suppress_prefixlength", suppressPrefixLength), "proto", "157"],
  ];
  return { lines: 1, words: words.join(" ") };
}

contract("of IPv4", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "rule", ...args);
  const instead = async (...words: string[]) => {
    await ip("del", "priority", "100");
    await ip("add", "priority", "100", "protocol", "157", ...words);
  };
  return {
    kind,
    inputs: { priority: 100, netns, from: "10.0.0.0/8", table: 100 },
    actual: () => readRule(world, netns, "-4", 100),
    expected,
    updates: [
      { what: "another source and table", change: { from: "10.1.0.1/32", table: 101 } },
      { what: "to, and not", change: { to: "10.2.0.0/16", not: true } },
      { what: "not taken away", change: { not: undefined } },
      { what: "not again", change: { not: true } },
      { what: "from taken away", change: { from: undefined } },
      { what: "from again", change: { from: "10.1.0.1/32" } },
      { what: "links, of which one is not there", change: { iif: "lo", oif: "eth9" } },
      { what: "a mark with a mask", change: { firewallMark: "1/0xff" } },
      {
        what: "a mark",
        change: { firewallMark: "7", tos: 8, ipProtocol: 6, sourcePorts: "5", destinationPorts: "80-90" },
      },
      { what: "a user, without default routes", change: { uidRange: "1000", suppressPrefixLength: 0 } },
      {
        what: "much taken away",
        change: {
          ...{ from: undefined, iif: undefined, oif: undefined, firewallMark: undefined, uidRange: undefined },
        },
      },
      { what: "an action", change: { table: undefined, suppressPrefixLength: undefined, action: "prohibit" } },
      {
        what: "all at once",
        change: {
          ...{ action: undefined, table: 100, suppressPrefixLength: 1, from: "10.0.0.0/8", iif: "lo", oif: "lo" },
          ...{ firewallMark: "0x1", uidRange: "0" },
        },
      },
    ],
    replaces: { priority: 101, family: "ipv6", netns: "other" },
    drifts: [
      ...[
        ["not", "from 10.0.0.0/8 table 100"],
        ["from", "table 100"],
        ["to", "from 10.0.0.0/8 to 10.9.0.0/16 table 100"],
        ["iif", "iif eth3 table 100"],
        ["oif", "oif eth3 table 100"],
        ["firewallMark", "fwmark 2 table 100"],
        ["tos", "tos 0x10 table 100"],
        ["ipProtocol", "ipproto 17 table 100"],
        ["sourcePorts", "sport 6 table 100"],
        ["destinationPorts", "dport 6 table 100"],
        ["uidRange", "uidrange 1-2 table 100"],
        ["table", "table 102"],
        ["suppressPrefixLength", "table 100 suppress_prefixlength 9"],
      ].map(([input = "", words = ""]) => ({
        ...{ what: `another ${input}, ours by protocol`, input },
        by: () => instead(...words.split(" ")),
      })),
    ],
    ignores: [{ what: "a rule of another priority", by: () => ip("add", "priority", "99", "table", "9") }],
    vanish: () => ip("del", "priority", "100"),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make: () => ip("add", "priority", "100", "from", "10.0.0.0/8", "table", "100"),
      async differ() {
        await ip("del", "priority", "100");
        await ip("add", "priority", "100", "from", "10.0.0.0/8", "table", "101");
      },
      remove: () => ip("del", "priority", "100"),
    },
    faults: {
      update: { what: "another source and table", change: { from: "10.1.0.1/32", table: 101 } },
      tool: "ip",
      obstacle: { none: "nothing can hold a rule" },
      impossible: { "no kernel module": "rules need no module" },
    },
  };
});

contract("of IPv6", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "-6", "rule", ...args);
  return {
    kind,
    local: true,
    brief: true,
    inputs: { priority: 7, family: "ipv6", netns, to: "2001:0db8::/32", table: 7 },
    actual: () => readRule(world, netns, "-6", 7),
    expected,
    updates: [
      {
        what: "another destination, and no table",
        change: { to: "2001:db8::1", table: undefined, action: "unreachable" },
      },
    ],
    replaces: {},
    drifts: [
      {
        what: "another action",
        input: "action",
        async by() {
          await ip("del", "priority", "7");
          await ip("add", "priority", "7", "protocol", "157", "to", "2001:db8::1", "type", "blackhole");
        },
      },
    ],
    ignores: [],
    vanish: () => ip("del", "priority", "7"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", "priority", "7", "to", "2001:db8::/32", "table", "7"),
      differ: { none: "as in the first case" },
      remove: () => ip("del", "priority", "7"),
    },
  };
});

test.each([
  [{}, "table: needs table or action"],
  [{ table: 1, action: "prohibit" }, "table: needs table or action, not both"],
  [{ table: 1, from: "2001:db8::1" }, "from: must be of the rule's family"],
  [{ action: "prohibit", suppressPrefixLength: 0 }, "suppressPrefixLength: needs table"],
  [{ table: 1, suppressPrefixLength: 33 }, "suppressPrefixLength: must be at most 32"],
  [{ table: 1, sourcePorts: "9-5" }, "sourcePorts: must be two numbers"],
  [{ table: 1, priority: 32766 }, "priority: must be 1 to 32765"],
])("wrong inputs are refused at preview: %j", (values, reason) => {
  const { failures } = check(kind, { priority: 1, owner: "a/b/c", ...values });
  expect(failures).toEqual([expect.objectContaining({ reason: expect.stringContaining(reason) })]);
});

everyInput(kind);
everyDrift(kind);
