import type { Values } from "../../../provider/src/core/check";
import { bridge as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { lookAtLink } from "../support/links";

const protocols: Readonly<Record<string, string>> = { "802.1Q": "0x8100", "802.1ad": "0x88a8" };

contract("that tells VLANs apart", (world) => {
  const netns = world.netns("a");
  const name = world.name("br");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const option = (key: string, value: string) => ip("link", "set", "dev", name, "type", "bridge", key, value);

  return {
    kind,
    needs: "vlan filtering",
    inputs: { name, netns, vlanFiltering: true, vlanDefaultPvid: 0 },
    look: () => lookAtLink(world, netns, name),
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

contract("in a routing domain", (world) => {
  const netns = world.netns("a");
  const [name, red, blue] = [world.name("br"), world.name("r"), world.name("s")];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    ...{ kind, needs: "vrf" },
    async prepare() {
      for (const [domain, table] of [
        [red, "10"],
        [blue, "11"],
      ] as const)
        await ip("link", "add", "name", domain, "up", "type", "vrf", "table", table);
    },
    inputs: { name, netns, addresses: ["10.9.0.1/24", "2001:db8::1/64"], master: red },
    look: () => lookAtLink(world, netns, name),
    expected: ({ master = "", addresses }: Values) => ({
      master,
      addresses: expect.arrayContaining(addresses as string[]),
    }),
    updates: [
      { what: "another", change: { master: blue } },
      { what: "taken away", change: { master: undefined } },
      { what: "in one again", change: { master: red } },
    ],
    replaces: {},
    drifts: [{ what: "in none", input: "master", by: () => ip("link", "set", "dev", name, "nomaster") }],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});
