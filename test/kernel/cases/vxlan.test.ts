import { check, type Values } from "../../../provider/src/core/check";
import { create, remove } from "../../../provider/src/core/lifecycle";
import { vxlan as kind } from "../../../provider/src/kinds";
import { beyond, contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails, readDetails } from "../support/links";
import { hostUrl, settings, World } from "../support/world";

contract("with one remote", (world) =>
  linkCase(world, {
    kind,
    inputs: { vni: 42, link: "low", local: "10.9.0.1", remote: "10.9.0.2" },
    defaults: () => ({ mtu: 1350 }),
    details: ({ vni, link: low, local, remote, learning = true, ttl, destinationPort = 4789 }) =>
      expectedDetails(
        [
          ...[`vxlan id ${vni}`, `dev ${low}`, `dstport ${destinationPort}`, `ttl ${ttl || "auto"}`],
          ...(local ? [`local ${local}`] : []),
          ...(remote ? [`remote ${remote}`] : []),
        ],
        [learning ? "nolearning" : "learning", ...(local ? [] : ["local"]), ...(remote ? [] : ["remote"])],
      ),
    by: {
      below: ["link", "low"],
      type: ["vxlan", "id", "42", "dev", "low", "local", "10.9.0.1", "remote", "10.9.0.2", "dstport", "4789"],
    },
    updates: [
      { what: "remote", change: { remote: "10.9.0.3" } },
      { what: "remote taken away", change: { remote: undefined } },
      { what: "local", change: { local: "10.9.0.4" } },
      { what: "local taken away", change: { local: undefined } },
      { what: "no learning, and ttl", change: { learning: false, ttl: 8 } },
      { what: "both taken away", change: { learning: undefined, ttl: undefined } },
      { what: "all of its own", change: { local: "10.9.0.1", remote: "10.9.0.2", learning: false, ttl: 4 } },
    ],
    replaces: {
      ...{ vni: 43, link: "other", destinationPort: 8472, external: true },
      ...{ local: "2001:db8::1", remote: "2001:db8::2", group: "239.0.0.1" },
    },
    drifts: [
      { input: "local", by: ["local", "10.9.0.9"] },
      { input: "remote", by: ["remote", "10.9.0.9"] },
      { input: "learning", by: ["learning"] },
      { input: "ttl", by: ["ttl", "9"] },
    ],
    obstacle: (ip) => ({
      what: "another link with the same number",
      op: "create",
      make: () => ip("link", "add", "name", "taken", "type", "vxlan", "id", "42", "dstport", "4789", "dev", "low"),
      message: () => /VNI already exists|File exists/,
      clear: () => ip("link", "del", "dev", "taken"),
    }),
  }),
);

contract("that asks programs for unknown addresses", (world) => {
  const netns = world.netns("a");
  const name = world.name("x");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    kind,
    local: true,
    inputs: {
      ...{ name, netns, vni: 42, local: "2001:db8::1", proxy: true, rsc: true, l2miss: true, l3miss: true },
      ...{ udp6ZeroChecksumTx: true, udp6ZeroChecksumRx: true, udpChecksum: false },
    },
    actual: () => readDetails(world, netns, name),
    expected: ({ ttl }: Values) => ({
      details: expectedDetails(
        [
          ...["vxlan id 42", "proxy", "rsc", "l2miss", "l3miss", `ttl ${ttl ?? "auto"}`],
          ...["noudpcsum", "udp6zerocsumtx", "udp6zerocsumrx"],
        ],
        ["nolearning"],
      ),
    }),
    updates: [{ what: "ttl", change: { ttl: 5 } }],
    replaces: {
      ...{ proxy: false, rsc: false, l2miss: false, l3miss: false },
      ...{ udp6ZeroChecksumTx: false, udp6ZeroChecksumRx: false, udpChecksum: true },
    },
    drifts: [{ what: "ttl", input: "ttl", by: () => ip("link", "set", "dev", name, "type", "vxlan", "ttl", "9") }],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});

contract("over IPv6, to a group", (world) => {
  const netns = world.netns("a");
  const name = world.name("x");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const option = (...args: string[]) => ip("link", "set", "dev", name, "type", "vxlan", ...args);
  return {
    kind,
    local: true,
    prepare: () => ip("link", "add", "name", "low", "type", "veth", "peer", "name", "far"),
    inputs: { name, netns, vni: 0, link: "low", group: "ff05::42", local: "2001:db8::1", destinationPort: 8472 },
    actual: () => readDetails(world, netns, name),
    expected: ({ local, mtu = 1430 }: Values) => ({
      mtu: String(mtu),
      details: expectedDetails(["vxlan id 0", "group ff05::42", "dev low", `local ${local}`, "dstport 8472"]),
    }),
    updates: [
      { what: "mtu", change: { mtu: 1280 } },
      { what: "mtu taken away", change: { mtu: undefined } },
      { what: "local", change: { local: "2001:db8::2" } },
    ],
    replaces: { group: "ff05::43", local: "10.0.0.1" },
    drifts: [{ what: "local", input: "local", by: () => option("local", "2001:db8::9") }],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: {
      async make() {
        const ends = ["dev", "low", "local", "2001:db8::1", "group", "ff05::42", "dstport", "8472"];
        await ip("link", "add", "name", name, "type", "vxlan", "id", "0", ...ends);
        await ip("link", "set", "dev", name, "up");
      },
      differ: { none: "as in the first case" },
      remove: () => ip("link", "del", "dev", name),
    },
  };
});

contract("with external control", (world) => {
  const netns = world.netns("a");
  const name = world.name("x");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  return {
    kind,
    local: true,
    inputs: { name, netns, external: true },
    actual: () => readDetails(world, netns, name),
    expected: ({ learning }: Values) => ({
      details: expectedDetails(["external"], [learning ? "nolearning" : "learning"]),
    }),
    updates: [
      { what: "learning", change: { learning: true } },
      { what: "learning taken away", change: { learning: undefined } },
    ],
    replaces: { external: false },
    drifts: [],
    ignores: [],
    vanish: () => ip("link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: {
      async make() {
        await ip("link", "add", "name", name, "type", "vxlan", "external", "dstport", "4789");
        await ip("link", "set", "dev", name, "up");
      },
      differ: { none: "as in the first case" },
      remove: () => ip("link", "del", "dev", name),
    },
  };
});

everyInput(kind, ["createdIn"]);
everyDrift(kind);

beyond("Vxlan: beyond the contract", () => {
  test.each([
    [{ vni: undefined }, "vni: is required unless external is true"],
    [{ external: true }, "vni: must not be given with external"],
    [{ remote: "10.0.0.1", group: "239.0.0.1", link: "e0" }, "group: must not be given with remote"],
    [{ group: "239.0.0.1" }, "group: needs link"],
    [{ group: "10.0.0.1", link: "e0" }, "group: must be a multicast address"],
    [{ remote: "ff02::1" }, "remote: must be a unicast address"],
    [{ local: "10.0.0.1", remote: "2001:db8::1" }, "local: must be of the same IP version"],
    [{ link: "x0" }, "link: must be another link"],
    [{ createdIn: "one" }, "createdIn: needs netns: the namespace that the link is moved into"],
    [{ createdIn: "one", netns: "one" }, "createdIn: must be another namespace than netns"],
    [{ createdIn: "", netns: "one" }, expect.stringMatching(/^createdIn: must be/)],
  ])("%j is refused at preview", (values, reason) => {
    const { failures } = check(kind, { owner: "p/s/r", name: "x0", vni: 1, ...values });
    expect(failures.map((each) => each.reason)).toEqual([reason]);
  });

  test("an mtu that is too large for the link below is an error, and is not reduced silently", async () => {
    const world = new World();
    const netns = world.netns("a");
    await world.build();
    try {
      await world.run("ip", "-n", netns, "link", "add", "name", "low", "type", "veth", "peer", "name", "far");
      const host = hostUrl && { host: hostUrl };
      const values = { owner: world.owner, name: "x0", netns, vni: 1, link: "low", mtu: 1500, ...host };
      await expect(create(kind, values, settings)).rejects.toThrow(/mtu 1500[\s\S]*Invalid argument/);
      await remove(kind, `x0@${netns}`, values, settings);
    } finally {
      expect(await world.cleanUp()).toEqual([]);
    }
  });
});
