import type { Values } from "../../../provider/src/core/check";
import { vethPair as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { everyLinksDrifts, everyLinksUpdates, everyPortsDrifts, expectedLink, readLink } from "../support/links";

contract("between two namespaces, an end in a bridge", (world) => {
  const [a, b] = [world.netns("a"), world.netns("b")];
  const [near, far] = [world.name("v"), world.name("w")];
  const set = (netns: string, ...args: string[]) => world.run("ip", "-n", netns, "link", "set", "dev", ...args);
  const addr = (netns: string, ...args: string[]) => world.run("ip", "-n", netns, "addr", ...args);
  const inputs = {
    name: near,
    netns: a,
    addresses: ["10.9.0.1/24"],
    peer: { name: far, netns: b, addresses: ["10.9.0.2/24", "2001:db8::2/64"], mtu: 1400 },
  };
  const peer = (change: Values) => ({ peer: { ...inputs.peer, ...change } });
  const bridgePort = { isolated: true, cost: 7, groupForwardMask: 0xfffc };
  const ofPeer = (drifts: ReturnType<typeof everyLinksDrifts>) =>
    drifts.map(({ what, input, by }) => ({ what: `the far end: ${what}`, input: `peer.${input}`, by }));
  const mark = `localnet:${world.owner}`;

  return {
    kind,
    inputs,
    async prepare() {
      for (const netns of [a, b])
        for (const bridge of ["br0", "br1"]) {
          await world.run("ip", "-n", netns, "link", "add", "name", bridge, "type", "bridge");
        }
    },
    async actual() {
      const [one, other] = await Promise.all([readLink(world, a, near), readLink(world, b, far)]);
      return one && { ...one, peer: other };
    },
    expected: ({ peer: other, ...nearEnd }: Values) => ({
      ...expectedLink(nearEnd, mark),
      peer: expectedLink(other as Values, mark),
    }),
    updates: [
      { what: "mtu", change: { mtu: 1300 } },
      { what: "mac", change: { mac: "02:00:00:00:08:01" } },
      { what: "addresses", change: { addresses: ["10.9.0.3/24", "2001:db8::3/64"] } },
      { what: "master", change: { master: "br0" } },
      { what: "hairpin", change: { hairpin: true } },
      { what: "another master, hairpin with it", change: { master: "br1" } },
      { what: "promiscuous", change: { promiscuous: true } },
      { what: "no master", change: { master: undefined, hairpin: undefined } },
      { what: "down", change: { up: false, addresses: ["10.9.0.3/24"] } },
      { what: "up", change: { up: true } },
      {
        what: "the far end's mtu, mac and addresses",
        change: peer({ mtu: 1350, mac: "02:00:00:00:08:02", addresses: ["10.9.0.4/24"] }),
      },
      { what: "the far end's master and hairpin", change: peer({ master: "br0", hairpin: true, promiscuous: true }) },
      { what: "the far end down", change: peer({ up: false, addresses: [] }) },
      ...everyLinksUpdates,
      ...everyLinksUpdates.map(({ what, change }) => ({ what: `the far end: ${what}`, change: peer(change) })),
      {
        what: "both ends as at the end",
        change: {
          ...{ master: "br0", hairpin: true, bridgePort },
          ...peer({
            ...{ master: "br1", mac: "02:00:00:00:08:02", hairpin: true, promiscuous: true, bridgePort },
            ...{ arp: false, multicast: true, txQueueLength: 77 },
          }),
        },
      },
    ],
    replaces: {
      ...{ name: "other", netns: "other", "peer.name": "other", "peer.netns": "other" },
      ...{ addrgenmode: "none", "peer.addrgenmode": "none" },
    },
    drifts: [
      ...everyLinksDrifts((...args) => set(a, near, ...args)),
      ...everyPortsDrifts((...args) => set(a, near, ...args)),
      ...ofPeer(everyLinksDrifts((...args) => set(b, far, ...args))),
      ...ofPeer(everyPortsDrifts((...args) => set(b, far, ...args))),
      { what: "mtu", input: "mtu", by: () => set(a, near, "mtu", "1500") },
      { what: "mac", input: "mac", by: () => set(a, near, "address", "02:00:00:00:08:99") },
      { what: "an address removed", input: "addresses", by: () => addr(a, "del", "10.9.0.3/24", "dev", near) },
      { what: "not promiscuous", input: "promiscuous", by: () => set(a, near, "promisc", "off") },
      { what: "out of its bridge", input: "master", by: () => set(a, near, "nomaster") },
      { what: "hairpin off", input: "hairpin", by: () => set(a, near, "type", "bridge_slave", "hairpin", "off") },
      { what: "down", input: "up", by: () => set(a, near, "down") },
      { what: "the far end's mtu", input: "peer.mtu", by: () => set(b, far, "mtu", "1500") },
      { what: "the far end's mac", input: "peer.mac", by: () => set(b, far, "address", "02:00:00:00:08:99") },
      { what: "the far end down", input: "peer.up", by: () => set(b, far, "down") },
      { what: "the far end not promiscuous", input: "peer.promiscuous", by: () => set(b, far, "promisc", "off") },
      {
        what: "the far end's hairpin off",
        input: "peer.hairpin",
        by: () => set(b, far, "type", "bridge_slave", "hairpin", "off"),
      },
      { what: "the far end in another bridge", input: "peer.master", by: () => set(b, far, "master", "br0") },
      {
        what: "the far end's IPv6 address",
        input: "peer.addresses",
        by: () => addr(b, "del", "2001:db8::2/64", "dev", far),
      },
      {
        what: "the far end renamed",
        input: "peer",
        by: () => set(b, far, "down").then(() => set(b, far, "name", "renamed")),
      },
      { what: "the far end moved away", input: "peer", by: () => set(b, far, "netns", a) },
      {
        what: "the near end renamed",
        input: "up",
        by: () => set(a, near, "down").then(() => set(a, near, "name", "renamed")),
      },
    ],
    ignores: [{ what: "an address of another", by: () => addr(b, "add", "10.8.0.1/24", "dev", far) }],
    vanish: () => world.run("ip", "-n", b, "link", "del", "dev", far),
    parent: () => world.run("ip", "netns", "del", a),
    foreign: {
      async make() {
        const other = ["peer", "name", far, "netns", b, "mtu", "1400"];
        await world.run("ip", "link", "add", "name", near, "netns", a, "type", "veth", ...other);
        await addr(a, "add", "10.9.0.1/24", "dev", near);
        for (const each of inputs.peer.addresses) await addr(b, "add", each, "dev", far);
        await set(a, near, "up");
        await set(b, far, "up");
      },
      differ: () => set(b, far, "down"),
      remove: () => world.run("ip", "-n", a, "link", "del", "dev", near),
    },
    faults: {
      update: {
        what: "both ends",
        change: {
          mtu: 1300,
          addresses: ["10.9.0.3/24"],
          master: "br0",
          hairpin: true,
          ...peer({ mtu: undefined, mac: "02:00:00:00:08:02", addresses: ["10.9.0.4/24", "2001:db8::4/64"] }),
        },
      },
      tool: "ip",
      obstacle: {
        what: "a macvlan on it, which keeps it out of a bridge",
        op: "update",
        make: () => world.run("ip", "-n", a, "link", "add", "name", "mv", "link", near, "type", "macvlan"),
        message: () => /Device or resource busy/,
        clear: () => world.run("ip", "-n", a, "link", "del", "dev", "mv"),
      },
      impossible: { "no kernel module": "`ip` asks for it in the same call as for Dummy, and gets the same answer" },
    },
  };
});

contract("from the host's own namespace into another", (world) => {
  const netns = world.netns("a");
  const [near, far] = [world.name("v"), world.name("w")];
  const away = () => world.run("ip", "link", "del", "dev", near);
  world.finally(away);
  return {
    kind,
    local: true,
    inputs: { name: near, peer: { name: far, netns, addresses: ["10.9.0.2/24"] } },
    async actual() {
      const [one, other] = await Promise.all([readLink(world, undefined, near), readLink(world, netns, far)]);
      return one && { ...one, peer: other };
    },
    expected: () => ({ up: true, peer: { up: true, addresses: expect.arrayContaining(["10.9.0.2/24"]) } }),
    updates: [{ what: "mtu", change: { mtu: 1400 } }],
    replaces: { netns: "other" },
    drifts: [{ what: "mtu", input: "mtu", by: () => world.run("ip", "link", "set", "dev", near, "mtu", "1300") }],
    ignores: [],
    vanish: away,
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: { none: "as in the first case" },
  };
});

everyInput(kind);
everyDrift(kind);
