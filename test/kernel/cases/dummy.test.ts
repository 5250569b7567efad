import type { Values } from "../../../provider/src/core/check";
import { dummy as kind } from "../../../provider/src/kinds";
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

contract("that holds virtual addresses", (world) => {
  const netns = world.netns("a");
  const name = world.name("d");
  const bridge = world.name("br");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const set = (...args: string[]) => ip("link", "set", "dev", name, ...args);
  const inputs = { name, netns, addresses: ["172.23.0.1/32", "2001:db8:23::1/128"] };

  return {
    kind,
    needs: "dummy",
    prepare: () => ip("link", "add", "name", bridge, "type", "bridge"),
    inputs,
    actual: () => readLink(world, netns, name),
    expected: (values: Values) => expectedLink({ arp: false, multicast: false, ...values }, `localnet:${world.owner}`),
    updates: [
      { what: "mtu", change: { mtu: 9000 } },
      { what: "mtu taken away", change: { mtu: undefined } },
      { what: "mac", change: { mac: "02:00:00:00:23:01" } },
      { what: "addresses", change: { addresses: ["172.23.0.2/32", "2001:db8:23::2/128"] } },
      { what: "down", change: { up: false, addresses: ["172.23.0.2/32"] } },
      { what: "up", change: { up: true, mtu: 1400 } },
      { what: "promiscuous", change: { promiscuous: true } },
      { what: "in a bridge, and hairpin", change: { master: bridge, hairpin: true } },
      { what: "no hairpin", change: { hairpin: undefined } },
      { what: "hairpin", change: { hairpin: true } },
      ...everyLinksUpdates,
      ...everyPortsUpdates,
    ],
    replaces: { name: "other", netns: "other", addrgenmode: "none" },
    drifts: [
      ...everyLinksDrifts(set),
      { what: "address removed", input: "addresses", by: () => ip("addr", "del", "172.23.0.2/32", "dev", name) },
      { what: "mtu", input: "mtu", by: () => set("mtu", "1300") },
      { what: "mac", input: "mac", by: () => set("address", "02:00:00:00:23:99") },
      { what: "down", input: "up", by: () => set("down") },
      { what: "not promiscuous", input: "promiscuous", by: () => set("promisc", "off") },
      ...everyPortsDrifts(set),
      { what: "in no bridge", input: "master", by: () => set("nomaster") },
      { what: "no hairpin", input: "hairpin", by: () => set("type", "bridge_slave", "hairpin", "off") },
    ],
    ignores: [{ what: "an address of another owner", by: () => ip("addr", "add", "10.8.0.1/24", "dev", name) }],
    vanish: () => ip("link", "del", "dev", name),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      async make() {
        await ip("link", "add", "name", name, "type", "dummy");
        for (const each of inputs.addresses) await ip("addr", "add", each, "dev", name);
        await set("up");
      },
      differ: () => set("down"),
      remove: () => ip("link", "del", "dev", name),
    },
    faults: { tool: "ip", obstacle: { none: "nothing can hold a link that has no master" } },
  };
});

everyInput(kind);
everyDrift(kind);
