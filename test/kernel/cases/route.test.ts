import type { Values } from "../../../provider/src/core/check";
import { route as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import type { World } from "../support/world";

/** A veth pair whose near end has addresses of both families, for next hops to be reached by. */
async function plumb(world: World, netns: string): Promise<void> {
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  for (const name of ["d0", "d1"]) {
    const n = name.slice(1);
    await ip("link", "add", "name", name, "type", "veth", "peer", "name", `p${n}`);
    await ip("link", "set", "dev", `p${n}`, "up");
    await ip("link", "set", "dev", name, "up");
    for (const host of ["1", "2"]) {
      await ip("addr", "add", `10.${n}.0.${host}/24`, "dev", name);
      await ip("addr", "add", `2001:db8:${n}::${host}/64`, "dev", name, "nodad");
    }
  }
}

/** The lines of a table about a destination, in ip's own words. */
async function lookAtRoute(
  world: World,
  netns: string,
  family: string,
  destination: string,
  table = "main",
): Promise<Values | undefined> {
  const { stdout } = await world.try("ip", "-n", netns, family, "-o", "-d", "route", "list", "table", table);
  const lines = stdout.split("\n").filter((line) => line.split(" ").includes(destination));
  const [words = []] = lines.map((line) => line.trim().split(/\s+/));
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  if (words.length === 0) return undefined;
  return {
    lines: lines.length,
    type: words[0],
    via: after("via"),
    device: after("dev"),
    source: after("src"),
    proto: after("proto"),
    metric: after("metric"),
  };
}

const expected = ({ via, device, source, type }: Values) => ({
  lines: 1,
  type: type ?? "unicast",
  proto: "157",
  ...(via === undefined ? {} : { via }),
  ...(device === undefined ? {} : { device }),
  ...(source === undefined ? {} : { source }),
});

contract("the IPv4 default", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "route", ...args);
  return {
    kind,
    inputs: { destination: "0.0.0.0/0", netns, via: "10.0.0.250" },
    prepare: () => plumb(world, netns),
    look: () => lookAtRoute(world, netns, "-4", "default"),
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
      impossible: { "no kernel module": "routes are no module" },
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
    look: () => lookAtRoute(world, netns, "-6", destination),
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

contract("in a table and with a metric of its own, beside another's of the same destination", (world) => {
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
    look: () => lookAtRoute(world, netns, "-4", "10.55.0.9", "4711"),
    expected: (values: Values) => ({ ...expected(values), metric: "50" }),
    updates: [{ what: "device", change: { device: "d1" } }],
    replaces: { metric: 51, table: 4712 },
    drifts: [],
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

everyInput(kind);
everyDrift(kind);
