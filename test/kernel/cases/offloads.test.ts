import type { Values } from "../../../provider/src/core/check";
import { bridge, vethPair } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import type { World } from "../support/world";

/** The offloads as `ethtool` prints them; undefined if there is no link. */
async function readOffloads(world: World, netns: string, name: string): Promise<Values | undefined> {
  const there = `ip link show dev ${name} >/dev/null 2>&1 || exit 0; ethtool -k ${name}`;
  const lines = (await world.script(netns, there)).split("\n").slice(1).filter(Boolean);
  if (lines.length === 0) return undefined;
  return Object.fromEntries(
    lines.map((line) =>
      line
        .trim()
        .split(/:? \[?|:\s*|\]/)
        .slice(0, 2),
    ),
  );
}

const long: Readonly<Record<string, string>> = {
  rx: "rx-checksumming",
  tx: "tx-checksumming",
  sg: "scatter-gather",
  tso: "tcp-segmentation-offload",
  gso: "generic-segmentation-offload",
  gro: "generic-receive-offload",
  rxvlan: "rx-vlan-offload",
  txvlan: "tx-vlan-offload",
};

/** The same for the input; the kernel's own values if it is not set. */
function expectedOffloads(input: unknown, otherwise: Values, keys = Object.keys(long)): Values {
  const offloads = { ...otherwise, ...(input as Values | undefined) };
  return Object.fromEntries(keys.map((key) => [long[key], (offloads[key] ?? true) ? "on" : "off"]));
}

contract("with offloads", (world) => {
  const [netns, other] = [world.netns("a"), world.netns("b")];
  const [name, far] = [world.name("v"), world.name("w")];
  const by = (where: string, link: string, ...words: string[]) =>
    world.script(where, `ethtool -K ${link} ${words.join(" ")}`);
  const asVeth = { gro: false };
  // Without checksums a link does not segment TCP packets, whatever is set.
  const keys = Object.keys(long).filter((key) => key !== "tso");
  return {
    kind: vethPair,
    inputs: {
      ...{ name, netns, offloads: { tx: false, gro: true } },
      peer: { name: far, netns: other, offloads: { rx: false } },
    },
    async actual() {
      const [near, peer] = [await readOffloads(world, netns, name), await readOffloads(world, other, far)];
      return near && { near, peer };
    },
    expected: ({ offloads, peer }: Values) => ({
      near: expectedOffloads(offloads, asVeth, keys),
      peer: expectedOffloads((peer as Values).offloads, asVeth),
    }),
    updates: [
      { what: "others", change: { offloads: { tx: true, rx: false, rxvlan: false, txvlan: false } } },
      { what: "most taken away", change: { offloads: { tx: false } } },
      { what: "nothing cut", change: { offloads: { tso: false, gso: false, sg: false } } },
      { what: "taken away", change: { offloads: undefined } },
      { what: "again", change: { offloads: { tx: false, gro: true } } },
    ],
    replaces: {},
    drifts: [
      { what: "checksums", input: "offloads.tx", by: () => by(netns, name, "tx", "on") },
      { what: "of the far end", input: "peer.offloads.rx", by: () => by(other, far, "rx", "on") },
    ],
    ignores: [{ what: "an offload that the program does not set", by: () => by(netns, name, "rxvlan", "off") }],
    vanish: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    parent: { none: "as in the case of all inputs" },
    foreign: { none: "as in the case of all inputs" },
  };
});

contract("with offloads", (world) => {
  const netns = world.netns("a");
  const name = world.name("br");
  return {
    kind: bridge,
    inputs: { name, netns, offloads: { tx: false, gro: false } },
    actual: () => readOffloads(world, netns, name),
    expected: ({ offloads }: Values) => expectedOffloads(offloads, {}, ["tx", "gro"]),
    updates: [
      { what: "the other way", change: { offloads: { tx: true, gro: true } } },
      { what: "taken away", change: { offloads: undefined } },
      { what: "again", change: { offloads: { tx: false, gro: false } } },
    ],
    replaces: {},
    drifts: [{ what: "on", input: "offloads.gro", by: () => world.script(netns, `ethtool -K ${name} gro on`) }],
    ignores: [],
    vanish: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});
