import type { Values } from "../../../provider/src/core/check";
import { route as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { expected, plumb, readRoute } from "../support/routes";

contract("the IPv4 default route", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  return {
    kind,
    inputs: { destination: "0.0.0.0/0", netns, via: "10.0.0.250" },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-4", "default"),
    expected,
    updates: [
      { what: "via", change: { via: "10.0.0.251" } },
      { what: "device", change: { device: "d0" } },
      { what: "source", change: { source: "10.0.0.2" } },
      { what: "another device", change: { via: "10.1.0.250", device: "d1", source: "10.1.0.2" } },
      { what: "source taken away", change: { source: undefined } },
      { what: "via taken away", change: { via: undefined } },
      { what: "type", change: { type: "blackhole", device: undefined } },
      { what: "unicast again", change: { type: "unicast", via: "10.1.0.250", source: "10.1.0.2" } },
      { what: "mtu and advmss", change: { mtu: 1400, advmss: 1300 } },
      { what: "mtu taken away", change: { mtu: undefined } },
      { what: "both taken away", change: { mtu: 1300, advmss: undefined, source: undefined } },
      { what: "a next hop that no address leads to", change: { via: "203.0.113.1", device: "d1", onlink: true } },
      { what: "one that an address leads to", change: { via: "10.1.0.250", device: undefined, onlink: undefined } },
      {
        what: "two next hops",
        change: { via: undefined, nextHops: [{ via: "10.1.0.250" }, { via: "10.0.0.250", weight: 3 }] },
      },
      {
        what: "three, one of them onlink",
        change: {
          nextHops: [{ via: "10.0.0.250" }, { via: "10.1.0.250" }, { via: "203.0.113.1", device: "d0", onlink: true }],
        },
      },
      { what: "one next hop again, and a scope", change: { via: "10.0.0.250", nextHops: undefined, scope: "global" } },
      { what: "scope taken away", change: { scope: undefined, mtu: 1400, advmss: 1300 } },
      { what: "onlink, and a source", change: { device: "d0", onlink: true, source: "10.0.0.2" } },
    ],
    replaces: { destination: "10.0.0.0/8", netns: "other", metric: 5, table: 7 },
    drifts: [
      {
        what: "another next hop, ours by protocol",
        input: "via",
        by: () => ip("replace", "default", "via", "10.0.0.9", "proto", "157"),
      },
      {
        what: "another source, ours by protocol",
        input: "source",
        by: () => ip("replace", "default", "via", "10.1.0.250", "src", "10.1.0.1", "proto", "157"),
      },
      { what: "a blackhole", input: "type", by: () => ip("replace", "blackhole", "default", "proto", "157") },
      ...[
        ["not onlink", "onlink", "via 10.0.0.250 mtu 1400 advmss 1300"],
        ["another mtu", "mtu", "via 10.0.0.250 dev d0 onlink mtu 1300 advmss 1300"],
        ["no advmss", "advmss", "via 10.0.0.250 dev d0 onlink mtu 1400"],
      ].map(([what = "", input = "", words = ""]) => ({
        ...{ what, input },
        by: () => ip("replace", "default", "proto", "157", ...words.split(" ")),
      })),
    ],
    ignores: [
      {
        what: "another route of another metric",
        by: () => ip("add", "10.77.0.0/16", "via", "10.0.0.9", "metric", "9"),
      },
    ],
    vanish: () => ip("del", "default"),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make: () => ip("add", "default", "via", "10.0.0.250"),
      differ: () => ip("replace", "default", "via", "10.0.0.9"),
      remove: () => ip("del", "default"),
    },
    faults: {
      update: { what: "another next hop", change: { via: "10.1.0.250", device: "d1", source: "10.1.0.2" } },
      tool: "ip",
      obstacle: { none: "nothing can hold a route" },
      impossible: { "no kernel module": "routes need no module" },
    },
  };
});

contract("an IPv6 network", (world) => {
  const netns = world.netns("a");
  const destination = "2001:db8:99::/48";
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "-6", "route", ...args);
  return {
    kind,
    inputs: { destination: "2001:0db8:99::/48", netns, via: "2001:db8::250" },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-6", destination),
    expected,
    updates: [
      { what: "via", change: { via: "2001:db8::251" } },
      { what: "source", change: { source: "2001:db8::2" } },
      { what: "device", change: { via: "2001:db8:1::250", device: "d1" } },
      { what: "source taken away", change: { source: undefined } },
      { what: "type", change: { type: "unreachable", via: undefined, device: undefined } },
      { what: "unicast by device alone", change: { type: "unicast", device: "d0" } },
    ],
    replaces: { destination: "2001:db8:98::/48" },
    drifts: [
      {
        what: "another device, ours by protocol",
        input: "device",
        by: () => ip("replace", destination, "dev", "d1", "proto", "157", "metric", "1024"),
      },
    ],
    ignores: [{ what: "another metric", by: () => ip("add", "2001:db8:97::/48", "dev", "d0", "metric", "9") }],
    vanish: () => ip("del", destination),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make: () => ip("add", destination, "via", "2001:db8::250", "metric", "1024"),
      differ: () => ip("replace", destination, "via", "2001:db8::9", "metric", "1024"),
      remove: () => ip("del", destination),
    },
  };
});

contract("with a table and a metric, beside a route of another owner to the same destination", (world) => {
  const routeWords = ["dev", "d1", "table", "4711", "metric", "50", "proto", "157"];
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  return {
    kind,
    local: true,
    inputs: { destination: "10.55.0.9", netns, device: "d0", table: 4711, metric: 50 },
    async prepare() {
      await plumb(world, netns);
      await ip("add", "10.55.0.9", "dev", "d1");
      await ip("add", "10.55.0.9", "dev", "d1", "table", "4712", "metric", "50");
    },
    actual: () => readRoute(world, netns, "-4", "10.55.0.9", "4711"),
    expected: (values: Values) => ({ ...expected(values), metric: "50" }),
    updates: [
      { what: "device", change: { device: "d1" } },
      { what: "scope", change: { scope: "link" } },
    ],
    replaces: { metric: 51, table: 4712 },
    drifts: [
      {
        what: "another scope",
        input: "scope",
        by: () => ip("replace", "10.55.0.9", ...routeWords, "scope", "global"),
      },
    ],
    ignores: [
      {
        what: "one of another metric in the same table",
        by: () => ip("add", "blackhole", "10.55.0.8", "table", "4711"),
      },
    ],
    vanish: () => ip("del", "10.55.0.9", "table", "4711"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", "10.55.0.9", "dev", "d0", "table", "4711", "metric", "50"),
      differ: () => ip("replace", "10.55.0.9", "dev", "d1", "table", "4711", "metric", "50"),
      remove: () => ip("del", "10.55.0.9", "table", "4711", "metric", "50"),
    },
  };
});

contract("with several next hops", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  const hops = (weight: number) => {
    return `10.56.0.0/16 proto 157 nexthop via 10.0.0.250 weight ${weight} nexthop via 10.1.0.250`.split(" ");
  };
  const byHand = (weight: number) => hops(weight).filter((word) => !["proto", "157"].includes(word));
  return {
    kind,
    local: true,
    inputs: {
      destination: "10.56.0.0/16",
      netns,
      nextHops: [
        { via: "10.0.0.250", device: "d0", weight: 2 },
        { via: "10.1.0.250", device: "d1" },
      ],
    },
    prepare: () => plumb(world, netns),
    actual: () => readRoute(world, netns, "-4", "10.56.0.0/16"),
    expected,
    updates: [],
    replaces: {},
    drifts: [
      { what: "another weight", input: "nextHops", by: () => ip("replace", ...hops(9)) },
      {
        what: "one of them",
        input: "nextHops",
        by: () => ip("replace", "10.56.0.0/16", "via", "10.0.0.250", "proto", "157"),
      },
    ],
    ignores: [],
    vanish: () => ip("del", "10.56.0.0/16"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("add", ...byHand(2)),
      differ: () => ip("replace", ...byHand(3)),
      remove: () => ip("del", "10.56.0.0/16"),
    },
  };
});

/** Tested in route-encapsulation.test.ts. */
const others = ["encapsulation", "protocol"];
everyInput(kind, others);
everyDrift(kind, Object.fromEntries(others.map((key) => [key, "in route-encapsulation.test.ts"])));
