import type { Values } from "../../../provider/src/core/check";
import { macvlan as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import {
  everyLinksDrifts,
  everyLinksUpdates,
  everyPortsDrifts,
  everyPortsUpdates,
  expectedDetails,
  expectedLink,
  lookAtDetails,
} from "../support/links";

contract("on a veth", (world) => {
  const netns = world.netns("a");
  const [name, bridge] = [world.name("m"), world.name("br")];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const set = (...args: string[]) => ip("link", "set", "dev", name, ...args);
  const inputs = { name, netns, link: "low", addresses: ["10.9.0.1/24"], mode: "bridge" };

  return {
    kind,
    async prepare() {
      await ip("link", "add", "name", "low", "mtu", "1400", "up", "type", "veth", "peer", "name", "far");
      await ip("link", "set", "dev", "far", "up");
      await ip("link", "add", "name", bridge, "type", "bridge");
    },
    inputs,
    look: () => lookAtDetails(world, netns, name),
    expected: ({ mode, ...link }: Values) => ({
      ...expectedLink({ mtu: 1400, ...link }, `localnet:${world.owner}`),
      details: expectedDetails([`macvlan mode ${mode}`]),
    }),
    updates: [
      { what: "mtu", change: { mtu: 1300 } },
      { what: "mtu taken away", change: { mtu: undefined } },
      { what: "mac", change: { mac: "02:00:00:00:24:01" } },
      { what: "addresses", change: { addresses: ["10.9.0.2/24", "2001:db8:24::2/64"] } },
      { what: "mode", change: { mode: "private" } },
      { what: "mode taken away", change: { mode: undefined } },
      { what: "down", change: { up: false, addresses: ["10.9.0.2/24"] } },
      { what: "up, and promiscuous", change: { up: true, promiscuous: true } },
      { what: "in a bridge, and hairpin", change: { master: bridge, hairpin: true, mode: "bridge", mtu: 1350 } },
      ...everyLinksUpdates,
      ...everyPortsUpdates,
    ],
    replaces: { name: "other", netns: "other", addrgenmode: "none", link: "other", mode: "passthru" },
    drifts: [
      ...everyLinksDrifts(set),
      { what: "address removed", input: "addresses", by: () => ip("addr", "del", "10.9.0.2/24", "dev", name) },
      { what: "mtu", input: "mtu", by: () => set("mtu", "1200") },
      { what: "mac", input: "mac", by: () => set("address", "02:00:00:00:24:99") },
      { what: "mode", input: "mode", by: () => set("type", "macvlan", "mode", "vepa") },
      { what: "not promiscuous", input: "promiscuous", by: () => set("promisc", "off") },
      ...everyPortsDrifts(set),
      { what: "in no bridge", input: "master", by: () => set("nomaster") },
      { what: "no hairpin", input: "hairpin", by: () => set("type", "bridge_slave", "hairpin", "off") },
      { what: "down", input: "up", by: () => set("down") },
    ],
    ignores: [{ what: "an address of another", by: () => ip("addr", "add", "10.8.0.1/24", "dev", name) }],
    vanish: () => ip("link", "del", "dev", name),
    parent: () => ip("link", "del", "dev", "low"),
    foreign: {
      async make() {
        await ip("link", "add", "link", "low", "name", name, "type", "macvlan", "mode", "bridge");
        await ip("addr", "add", "10.9.0.1/24", "dev", name);
        await set("up");
      },
      differ: () => set("type", "macvlan", "mode", "private"),
      remove: () => ip("link", "del", "dev", name),
    },
    faults: {
      tool: "ip",
      obstacle: {
        what: "a bridge on the link below, which may then have no macvlan",
        op: "create",
        make: () => ip("link", "set", "dev", "low", "master", bridge),
        says: () => /Device or resource busy/,
        clear: () => ip("link", "set", "dev", "low", "nomaster"),
      },
      impossible: { "no kernel module": "`ip` asks for it in the same call as for Dummy, and gets the same answer" },
    },
  };
});

contract("that takes all of the link below, with its MAC address", (world) => {
  const netns = world.netns("a");
  const name = world.name("m");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const mac = "02:00:00:00:24:77";

  return {
    kind,
    local: true,
    prepare: () => ip("link", "add", "name", "low", "address", mac, "type", "veth", "peer", "name", "far"),
    inputs: { name, netns, link: "low", mode: "passthru" },
    look: async () => {
      const low = await ip("link", "show", "dev", "low");
      const link = await lookAtDetails(world, netns, name).catch(() => undefined);
      return link && { ...link, low };
    },
    expected: () => ({
      address: mac,
      details: expectedDetails(["macvlan mode passthru"]),
      low: expect.stringContaining(mac),
    }),
    updates: [{ what: "mtu", change: { mtu: 1300 } }],
    replaces: { mode: "bridge" },
    drifts: [],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});

everyInput(kind);
everyDrift(kind);
