import type { Values } from "../../../provider/src/core/check";
import { vxlan as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { expectedDetails, readDetails } from "../support/links";
import { eventually } from "../support/world";

contract("made in another namespace, whose link it sends through", (world) => {
  const netns = world.netns("a");
  const birth = world.netns("b");
  const name = world.name("x");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const option = (...args: string[]) => ip("link", "set", "dev", name, "type", "vxlan", ...args);
  const add = (...where: string[]) =>
    world.run("ip", ...where, "link", "add", "name", name, "netns", netns, ...by, "dstport", "4789");
  const by = ["type", "vxlan", "id", "42", "dev", "low", "local", "10.9.0.1", "remote", "10.9.0.2"];
  return {
    kind,
    local: true,
    async prepare() {
      // Both namespaces have a link with this name, but with different numbers.
      const pair = (mtu: string) => ["name", "low", "mtu", mtu, "type", "veth", "peer", "name", "far"];
      await ip("link", "add", ...pair("1500"));
      await world.run("ip", "-n", birth, "link", "add", "name", "first", "type", "bridge");
      await world.run("ip", "-n", birth, "link", "add", ...pair("1400"));
    },
    inputs: { name, netns, createdIn: birth, vni: 42, link: "low", local: "10.9.0.1", remote: "10.9.0.2" },
    async actual() {
      const there = await readDetails(world, netns, name);
      if (!there) return undefined;
      const born = /link-netns ([\w-]+)/.exec(await ip("-o", "link", "show", "dev", name))?.[1];
      return { ...there, born };
    },
    expected: ({ local, remote, mtu = 1350 }: Values) => ({
      ...{ born: birth, mtu: String(mtu) },
      details: expectedDetails(["vxlan id 42", `local ${local}`, `remote ${remote}`]),
    }),
    updates: [
      { what: "remote", change: { remote: "10.9.0.3" } },
      { what: "mtu", change: { mtu: 1300 } },
      { what: "mtu taken away", change: { mtu: undefined } },
      { what: "local", change: { local: "10.9.0.4" } },
    ],
    replaces: { createdIn: "/", link: "far", netns: birth },
    drifts: [{ what: "remote", input: "remote", by: () => option("remote", "10.9.0.9") }],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    async parent() {
      await world.run("ip", "netns", "del", birth);
      await eventually(async () => (await world.try("ip", "-n", netns, "link", "show", "dev", name)).exitCode !== 0);
    },
    foreign: {
      async make() {
        await add("-n", birth);
        await ip("link", "set", "dev", name, "up");
      },
      async differ() {
        await ip("link", "del", "dev", name);
        await world.run("ip", "-n", netns, "link", "add", "name", name, ...by, "dstport", "4789");
        await ip("link", "set", "dev", name, "up");
      },
      remove: () => ip("link", "del", "dev", name),
    },
    faults: {
      update: { what: "another remote", change: { remote: "10.9.0.7", mtu: 1300 } },
      tool: "ip",
      obstacle: { none: "as in the first case" },
      impossible: { "no kernel module": "as in the first case" },
    },
  };
});

contract("made in the host's own namespace", (world) => {
  const netns = world.netns("a");
  const name = world.name("x");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    kind,
    local: true,
    inputs: { name, netns, createdIn: "/", vni: 4242, destinationPort: 4242 },
    actual: async () =>
      (await world.try("ip", "-n", netns, "-o", "link", "show", "dev", name)).stdout ? { there: true } : undefined,
    expected: () => ({ there: true }),
    updates: [],
    replaces: { createdIn: "other" },
    drifts: [],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      async make() {
        const type = ["type", "vxlan", "id", "4242", "dstport", "4242"];
        await world.run("ip", "link", "add", "name", name, "netns", netns, ...type);
        await ip("link", "set", "dev", name, "up");
      },
      differ: { none: "as in the case before" },
      remove: () => ip("link", "del", "dev", name),
    },
  };
});
