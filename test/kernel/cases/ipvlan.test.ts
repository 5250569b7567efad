import { ipvlan as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";

contract("on a veth", (world) =>
  linkCase(world, {
    ...{ kind, needs: "ipvlan", isPort: false, lacks: ["mac", "arp"] },
    inputs: { link: "low", mode: "l2" },
    // The kernel takes the mode's word for it when the link comes up.
    defaults: ({ mode = "l3" }) => ({ mtu: 1400, arp: mode === "l2" }),
    details: ({ mode = "l3", flag = "bridge" }) => expectedDetails([`mode ${mode} ${flag}`]),
    by: { below: ["link", "low"], type: ["ipvlan", "mode", "l2"] },
    updates: [
      { what: "packets, none to each other", change: { mode: "l3", flag: "private" } },
      { what: "flag taken away", change: { flag: undefined } },
      { what: "through iptables", change: { mode: "l3s", flag: "vepa" } },
      { what: "all taken away", change: { mode: undefined, flag: undefined } },
      { what: "frames again", change: { mode: "l2", flag: "private" } },
    ],
    replaces: { link: "other" },
    drifts: [
      { input: "mode", by: ["mode", "l3"] },
      { input: "flag", by: ["bridge"] },
    ],
  }),
);

contract("in a routing domain", (world) => {
  const netns = world.netns("a");
  const [name, red] = [world.name("x"), world.name("r")];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    ...{ kind, needs: "ipvlan" },
    async prepare() {
      await ip("link", "add", "name", "low", "up", "type", "veth", "peer", "name", "far");
      await ip("link", "add", "name", red, "up", "type", "vrf", "table", "10");
    },
    inputs: { name, netns, link: "low", addresses: ["10.9.0.1/24"], master: red },
    async look() {
      const all = await ip("-o", "link", "show");
      const shown = all.split("\n").find((line) => line.includes(` ${name}@`));
      return shown === undefined ? undefined : { isMember: shown.includes(` master ${red} `) };
    },
    expected: ({ master }) => ({ isMember: master === red }),
    updates: [
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

const lacked = { mac: "it is that of the link below", arp: "the mode says it" };
everyInput(kind, Object.keys(lacked));
everyDrift(kind, lacked);
