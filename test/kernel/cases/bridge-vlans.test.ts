import type { Values } from "../../../provider/src/core/check";
import { bridge as kind, vethPair } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { readLink } from "../support/links";
import { vrfMemberCase } from "../support/vrf-case";
import type { World } from "../support/world";

const protocols: Readonly<Record<string, string>> = { "802.1Q": "0x8100", "802.1ad": "0x88a8" };

contract("with VLAN filtering", (world) => {
  const netns = world.netns("a");
  const name = world.name("br");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const option = (key: string, value: string) => ip("link", "set", "dev", name, "type", "bridge", key, value);

  return {
    kind,
    needs: "vlan filtering",
    inputs: { name, netns, vlanFiltering: true, vlanDefaultPvid: 0 },
    actual: () => readLink(world, netns, name),
    expected: ({ vlanFiltering, vlanDefaultPvid = 1, vlanProtocol = "802.1Q" }: Values) => ({
      "bridge/vlan_filtering": vlanFiltering ? "1" : "0",
      "bridge/default_pvid": String(vlanDefaultPvid),
      "bridge/vlan_protocol": protocols[String(vlanProtocol)],
    }),
    updates: [
      { what: "off", change: { vlanFiltering: false } },
      { what: "on, outer tags", change: { vlanFiltering: true, vlanProtocol: "802.1ad" } },
      {
        what: "all taken away",
        change: { vlanFiltering: undefined, vlanDefaultPvid: undefined, vlanProtocol: undefined },
      },
      { what: "on again", change: { vlanFiltering: true, vlanDefaultPvid: 7, vlanProtocol: "802.1ad" } },
    ],
    replaces: {},
    drifts: [
      { what: "vlan filtering", input: "vlanFiltering", by: () => option("vlan_filtering", "0") },
      { what: "VLAN of new ports", input: "vlanDefaultPvid", by: () => option("vlan_default_pvid", "8") },
      { what: "protocol", input: "vlanProtocol", by: () => option("vlan_protocol", "802.1Q") },
    ],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: { none: "as in the first case" },
  };
});

interface Vlan {
  readonly vid: number | string;
  readonly pvid?: boolean;
  readonly untagged?: boolean;
}

/** The VLANs of a link as `bridge` prints them; undefined if there is no link. */
async function readVlans(world: World, netns: string, name: string): Promise<Values | undefined> {
  const there = `ip link show dev ${name} >/dev/null 2>&1 || exit 0; echo there`;
  const shown = await world.script(netns, `${there}; bridge -compressvlans vlan show dev ${name}`);
  const [first, , ...lines] = shown.split("\n").filter(Boolean);
  if (!first) return undefined;
  return { vlans: lines.map((line) => line.replace(name, "").trim().replace(/\s+/g, " ")) };
}

/** The same for the input, or for the default VLAN of the bridge. */
function expectedVlans(vlans: unknown, otherwise: number): Values {
  const list = (vlans as Vlan[] | undefined) ?? [{ vid: otherwise, pvid: true, untagged: true }];
  const text = ({ vid, pvid, untagged }: Vlan) =>
    [vid, ...(pvid ? ["PVID"] : []), ...(untagged ? ["Egress Untagged"] : [])].join(" ");
  return { vlans: list.map(text) };
}

contract("with VLANs of its own", (world) => {
  const netns = world.netns("a");
  const name = world.name("br");
  const vlan = (...args: string[]) => world.run("bridge", "-n", netns, "vlan", ...args, "dev", name, "self");
  return {
    ...{ kind, needs: "vlan filtering" },
    inputs: { name, netns, vlanFiltering: true, vlans: [{ vid: 10 }] },
    actual: () => readVlans(world, netns, name),
    expected: ({ vlans, vlanDefaultPvid }: Values) => expectedVlans(vlans, Number(vlanDefaultPvid ?? 1)),
    updates: [
      {
        what: "two ranges, and the default",
        change: { vlans: [{ vid: 1, untagged: true }, { vid: "20-30" }, { vid: "40-41" }] },
      },
      { what: "taken away, while the default changes", change: { vlans: undefined, vlanDefaultPvid: 7 } },
      { what: "none", change: { vlans: [] } },
      { what: "one of its own", change: { vlans: [{ vid: 5, pvid: true }] } },
      { what: "the default taken away", change: { vlanDefaultPvid: undefined } },
    ],
    replaces: {},
    drifts: [{ what: "another VLAN", input: "vlans", by: () => vlan("add", "vid", "99") }],
    ignores: [],
    vanish: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});

contract("whose ports are in VLANs", (world) => {
  const netns = world.netns("a");
  const [name, far, one, two] = ["v", "w", "br", "bs"].map((each) => world.name(each)) as [
    string,
    string,
    string,
    string,
  ];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const vlan = { vid: 10, pvid: true, untagged: true };
  return {
    ...{ kind: vethPair, needs: "vlan filtering" },
    async prepare() {
      for (const [bridge, pvid] of [
        [one, "1"],
        [two, "7"],
      ] as const) {
        const options = ["vlan_filtering", "1", "vlan_default_pvid", pvid];
        await ip("link", "add", "name", bridge, "type", "bridge", ...options);
      }
    },
    inputs: {
      ...{ name, netns, master: one, bridgePort: { vlans: [vlan, { vid: "20-22" }] } },
      peer: { name: far, netns, master: two, bridgePort: { vlans: [{ vid: 33 }] } },
    },
    async actual() {
      const [near, peer] = [await readVlans(world, netns, name), await readVlans(world, netns, far)];
      return near && { ...near, peer: peer?.vlans };
    },
    expected: ({ master, bridgePort, peer }: Values) => {
      const [near, other] = [bridgePort, (peer as Values).bridgePort] as ({ vlans?: unknown } | undefined)[];
      return {
        ...expectedVlans(near?.vlans, master === one ? 1 : 7),
        peer: expectedVlans(other?.vlans, 7).vlans,
      };
    },
    updates: [
      {
        what: "others",
        change: { bridgePort: { vlans: [{ vid: 5, pvid: true }, { vid: "20-21", untagged: true }, { vid: 4094 }] } },
      },
      { what: "none", change: { bridgePort: { vlans: [] } } },
      { what: "taken away", change: { bridgePort: undefined } },
      { what: "again, and a cost", change: { bridgePort: { vlans: [vlan], cost: 5 } } },
      { what: "the cost taken away", change: { bridgePort: { vlans: [vlan] } } },
      { what: "in another bridge", change: { master: two } },
      { what: "taken away there", change: { bridgePort: { isolated: true } } },
      { what: "in the first again, with its own", change: { master: one, bridgePort: { vlans: [vlan] } } },
    ],
    replaces: {},
    drifts: [
      {
        what: "another VLAN",
        input: "bridgePort.vlans",
        by: () => world.run("bridge", "-n", netns, "vlan", "add", "dev", name, "vid", "99"),
      },
      {
        what: "one VLAN less, of the far end",
        input: "peer.bridgePort.vlans",
        by: () => world.run("bridge", "-n", netns, "vlan", "del", "dev", far, "vid", "33"),
      },
    ],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});

contract("in a routing domain", (world) => vrfMemberCase(world, { kind, needs: "vrf", inputs: {} }));
