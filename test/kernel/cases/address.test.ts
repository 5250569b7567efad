import type { Values } from "../../../provider/src/core/check";
import { address as kind } from "../../../provider/src/kinds";
import { readAddress } from "../support/addresses";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import type { World } from "../support/world";

/** An address as `ip` prints it. */
function expected({ device, address, peer, label, broadcast, scope, noDad, noPrefixRoute, metric }: Values): Values {
  const isSix = String(address).includes(":");
  const [local, length] = String(address).split("/");
  const option = (word: string, value: unknown) => (value === undefined ? [] : [word, value]);
  const words = [
    ...(peer === undefined ? [address] : [local, "peer", `${peer}/${length}`]),
    ...option("metric", metric === 256 && isSix ? undefined : metric),
    ...option("brd", broadcast === "+" ? "10.1.0.255" : broadcast),
    ...["scope", scope ?? "global"],
    ...[...(noDad ? ["nodad"] : []), ...(noPrefixRoute ? ["noprefixroute"] : [])],
    ...(isSix ? [] : [label ?? device]),
  ];
  return { words: words.join(" ") };
}

async function plumb(world: World, netns: string): Promise<void> {
  await world.run("ip", "-n", netns, "link", "add", "d0", "type", "veth", "peer", "name", "p0");
  for (const name of ["p0", "d0"]) await world.run("ip", "-n", netns, "link", "set", "dev", name, "up");
}

contract("of lo", (world) => {
  const netns = world.netns("a");
  const inputs = { device: "lo", address: "10.1.0.1/32", netns };
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "addr", ...args);
  const make = () => ip("add", "10.1.0.1/32", "dev", "lo");
  return {
    kind,
    marked: false,
    inputs,
    actual: () => readAddress(world, netns, "lo", "10.1.0.1/32"),
    expected,
    updates: [{ what: "metric", change: { metric: 7 } }],
    replaces: { netns: "other", device: "other", label: "lo:x", scope: "host", broadcast: "10.1.0.1" },
    drifts: [{ what: "metric", input: "metric", by: () => ip("change", "10.1.0.1/32", "dev", "lo", "metric", "8") }],
    ignores: [{ what: "another address", by: () => ip("add", "10.1.0.2/32", "dev", "lo") }],
    vanish: () => ip("del", "10.1.0.1/32", "dev", "lo"),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      make,
      async differ() {
        await ip("del", "10.1.0.1/32", "dev", "lo");
        await ip("add", "10.1.0.1/32", "dev", "lo", "noprefixroute");
      },
      remove: () => ip("del", "10.1.0.1/32", "dev", "lo"),
    },
    faults: {
      tool: "ip",
      obstacle: { none: "nothing can hold an address" },
      impossible: { "no kernel module": "addresses need no module" },
    },
  };
});

contract("of IPv4 with all options", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "addr", ...args);
  return {
    kind,
    local: true,
    marked: false,
    prepare: () => plumb(world, netns),
    inputs: {
      ...{ device: "d0", address: "10.1.0.1/24", netns, label: "d0:x", broadcast: "+", scope: "link" },
      ...{ noPrefixRoute: true, metric: 9 },
    },
    actual: () => readAddress(world, netns, "d0", "10.1.0.1/24"),
    expected,
    updates: [
      { what: "another metric", change: { metric: 10 } },
      { what: "metric taken away", change: { metric: undefined } },
      { what: "metric again", change: { metric: 11 } },
    ],
    replaces: { address: "10.1.0.2/24", peer: "10.2.0.1", noPrefixRoute: false },
    drifts: [
      { what: "metric", input: "metric", by: () => ip("change", "10.1.0.1/24", "dev", "d0", "metric", "8") },
      {
        what: "no metric",
        input: "metric",
        by: () => ip("change", "10.1.0.1/24", "dev", "d0"),
      },
    ],
    ignores: [],
    vanish: () => ip("del", "10.1.0.1/24", "dev", "d0"),
    parent: () => world.run("ip", "-n", netns, "link", "del", "d0"),
    foreign: { none: "tested in the other cases" },
  };
});

contract("of IPv6", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "addr", ...args);
  const key = ["2001:db8::1", "peer", "2001:db8:1::1/64", "dev", "d0"];
  return {
    kind,
    local: true,
    marked: false,
    prepare: () => plumb(world, netns),
    inputs: { device: "d0", address: "2001:DB8::1/64", peer: "2001:db8:1::1", netns, noDad: true },
    actual: () => readAddress(world, netns, "d0", "2001:db8::1 peer 2001:db8:1::1/64"),
    expected,
    updates: [
      { what: "metric", change: { metric: 9 } },
      { what: "noDad taken away", change: { noDad: undefined } },
      { what: "metric taken away", change: { metric: undefined } },
      { what: "both", change: { noDad: true, metric: 10 } },
    ],
    replaces: { peer: undefined, noPrefixRoute: true },
    drifts: [
      { what: "noDad", input: "noDad", by: () => ip("change", ...key, "metric", "10") },
      { what: "metric", input: "metric", by: () => ip("change", ...key, "metric", "11", "nodad") },
    ],
    ignores: [{ what: "another address", by: () => ip("add", "2001:db8::2/64", "dev", "d0") }],
    vanish: () => ip("del", ...key),
    parent: { none: "as in the other cases" },
    foreign: {
      make: () => ip("add", ...key, "nodad"),
      differ: () => ip("change", ...key),
      remove: () => ip("del", ...key),
    },
  };
});

everyInput(kind);
everyDrift(kind);
