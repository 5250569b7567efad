import type { Values } from "../../../provider/src/core/check";
import { link as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import {
  everyLinksDrifts,
  everyLinksUpdates,
  everyPortsDrifts,
  everyPortsUpdates,
  expectedLink,
  readLink,
} from "../support/links";
import type { World } from "../support/world";

const modes = ["eui64", "none", "stable_secret", "random"];

/** Records the first values of a link, and reads it only if a value has changed since. */
function recordChanges(world: World, netns: string, name: string) {
  const all = async () => {
    const there = await readLink(world, netns, name);
    const mode = await world.script(netns, `cat /proc/sys/net/ipv6/conf/${name}/addr_gen_mode 2>/dev/null || true`);
    return there && { ...there, addrgenmode: modes[Number(mode)], flags: undefined, netdev_group: undefined };
  };
  let first = "";
  return {
    async begin() {
      first = JSON.stringify(await all());
    },
    async actual() {
      const now = await all();
      return JSON.stringify(now) === first ? undefined : now;
    },
  };
}

contract("that looks like hardware to ip", (world) => {
  const netns = world.netns("a");
  const name = world.name("d");
  const bridge = world.name("br");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const set = (...args: string[]) => ip("link", "set", "dev", name, ...args);
  const { begin, actual } = recordChanges(world, netns, name);
  return {
    kind,
    alwaysThere: true,
    async prepare() {
      await ip("link", "add", "name", bridge, "type", "bridge");
      await ip("link", "add", "name", name, "address", "02:00:00:00:30:09", "type", "veth", "peer", "name", "far");
      // Without a carrier the kernel would add its multicast route later.
      await ip("link", "set", "dev", "far", "up");
      await set("up");
      await begin();
    },
    inputs: { name, netns, mtu: 1400, addresses: ["10.9.0.1/24", "2001:db8:30::1/64"] },
    actual,
    expected: ({ addrgenmode, ...values }: Values) => {
      const { ifalias: _, ...shown } = expectedLink(values, "");
      return { ...shown, ...(addrgenmode === undefined ? {} : { addrgenmode }) };
    },
    updates: [
      { what: "mac", change: { mac: "02:00:00:00:30:01" } },
      { what: "mtu and mac taken away", change: { mtu: undefined, mac: undefined } },
      { what: "another mac, promiscuous, no address", change: { mac: "02:00:00:00:30:02", promiscuous: true } },
      {
        what: "other addresses, and addrgenmode",
        change: { addresses: ["10.9.0.2/24"], addrgenmode: "none", mtu: 1300 },
      },
      { what: "down", change: { up: false } },
      { what: "up", change: { up: true } },
      ...everyLinksUpdates,
      { what: "in a bridge, and hairpin", change: { master: bridge, hairpin: true } },
      ...everyPortsUpdates,
    ],
    replaces: { name: "other", netns: "other" },
    drifts: [
      ...everyLinksDrifts(set),
      { what: "address removed", input: "addresses", by: () => ip("addr", "del", "10.9.0.2/24", "dev", name) },
      { what: "mtu", input: "mtu", by: () => set("mtu", "1290") },
      { what: "mac", input: "mac", by: () => set("address", "02:00:00:00:30:99") },
      { what: "addrgenmode", input: "addrgenmode", by: () => set("addrgenmode", "eui64") },
      { what: "not promiscuous", input: "promiscuous", by: () => set("promisc", "off") },
      ...everyPortsDrifts(set),
      { what: "no hairpin", input: "hairpin", by: () => set("type", "bridge_slave", "hairpin", "off") },
      { what: "in no bridge", input: "master", by: () => set("nomaster") },
      { what: "down", input: "up", by: () => set("down") },
    ],
    ignores: [
      {
        what: "an address of another, for a while",
        async by() {
          await ip("addr", "add", "10.8.0.1/24", "dev", name);
          await ip("addr", "del", "10.8.0.1/24", "dev", name);
        },
      },
    ],
    vanish: { none: "it is never removed" },
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: { none: "it has no owner; delete puts the former values back" },
    faults: {
      update: { what: "another mtu, no address", change: { mtu: 1300, addresses: undefined, arp: false } },
      tool: "ip",
      obstacle: { none: "nothing can hold an option of a link" },
      impossible: { "no kernel module": "the link exists already" },
    },
  };
});

contract("with a speed", (world) => {
  const netns = world.netns("a");
  const name = world.name("t");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const by = (...words: string[]) => world.script(netns, `ethtool -s ${name} ${words.join(" ")}`);
  const all = () =>
    world.script(netns, `ethtool ${name} 2>/dev/null | grep -E '^\\s(Speed|Duplex|Auto-negotiation):' || true`);
  let first = "";
  return {
    ...{ kind, alwaysThere: true, needs: "tap" },
    async prepare() {
      await ip("tuntap", "add", "dev", name, "mode", "tap");
      await by("speed", "2500", "duplex", "half");
      first = await all();
    },
    inputs: { name, netns, speed: 1000 },
    async actual() {
      const now = await all();
      return now === first ? undefined : { now };
    },
    expected: ({ speed = 2500, duplex = "half", autoneg = false }: Values) => ({
      now: `\tSpeed: ${speed}Mb/s\n\tDuplex: ${duplex === "full" ? "Full" : "Half"}\n\tAuto-negotiation: ${autoneg ? "on" : "off"}\n`,
    }),
    updates: [
      { what: "full duplex", change: { duplex: "full" } },
      { what: "speed taken away", change: { speed: undefined } },
      { what: "agreed on", change: { autoneg: true, speed: 100 } },
    ],
    replaces: {},
    drifts: [
      { what: "another speed", input: "speed", by: () => by("speed", "10") },
      { what: "half duplex", input: "duplex", by: () => by("duplex", "half") },
      { what: "not agreed on", input: "autoneg", by: () => by("autoneg", "off") },
    ],
    ignores: [],
    vanish: { none: "it is never removed" },
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: { none: "it has no owner; delete puts the former values back" },
  };
});

everyInput(kind, ["from"]);
everyDrift(kind);
