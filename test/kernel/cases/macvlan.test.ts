import { macvlan as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails, readDetails } from "../support/links";

contract("on a veth", (world) =>
  linkCase(world, {
    kind,
    inputs: { link: "low", mode: "bridge" },
    defaults: () => ({ mtu: 1400 }),
    details: ({ mode }) => expectedDetails([`macvlan mode ${mode}`]),
    by: { below: ["link", "low"], type: ["macvlan", "mode", "bridge"] },
    updates: [
      { what: "mode", change: { mode: "private" } },
      { what: "mode taken away", change: { mode: undefined } },
      { what: "a mode again", change: { mode: "bridge" } },
    ],
    replaces: { link: "other", mode: "passthru" },
    drifts: [{ input: "mode", by: ["mode", "vepa"] }],
    obstacle: (ip, bridge) => ({
      what: "a bridge on the link below, which may then have no macvlan",
      op: "create",
      make: () => ip("link", "set", "dev", "low", "master", bridge),
      message: () => /Device or resource busy/,
      clear: () => ip("link", "set", "dev", "low", "nomaster"),
    }),
  }),
);

contract("whose other end is a program", (world) => {
  const netns = world.netns("a");
  const name = world.name("m");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    kind,
    local: true,
    prepare: () => ip("link", "add", "name", "low", "type", "veth", "peer", "name", "far"),
    inputs: { name, netns, link: "low", type: "macvtap", mode: "bridge" },
    actual: () => readDetails(world, netns, name),
    expected: ({ mode, txQueueLength = 500 }) => ({
      details: expectedDetails([`macvtap mode ${mode}`]),
      tx_queue_len: String(txQueueLength),
    }),
    updates: [
      { what: "mode, and a queue", change: { mode: "private", txQueueLength: 1000 } },
      { what: "the queue taken away", change: { txQueueLength: undefined } },
    ],
    replaces: { type: "macvlan" },
    drifts: [
      { what: "mode", input: "mode", by: () => ip("link", "set", "dev", name, "type", "macvtap", "mode", "vepa") },
    ],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => ip("link", "add", "link", "low", "name", name, "up", "type", "macvtap", "mode", "bridge"),
      differ: () => ip("link", "set", "dev", name, "down"),
      remove: () => ip("link", "del", "dev", name),
    },
  };
});

contract("in mode passthru, with the MAC address of the link below", (world) => {
  const netns = world.netns("a");
  const name = world.name("m");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const mac = "02:00:00:00:24:77";

  return {
    kind,
    local: true,
    prepare: () => ip("link", "add", "name", "low", "address", mac, "type", "veth", "peer", "name", "far"),
    inputs: { name, netns, link: "low", mode: "passthru" },
    actual: async () => {
      const low = await ip("link", "show", "dev", "low");
      const link = await readDetails(world, netns, name).catch(() => undefined);
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
