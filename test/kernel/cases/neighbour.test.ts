import { check, type Values } from "../../../provider/src/core/check";
import { create, read, remove } from "../../../provider/src/core/lifecycle";
import { neighbour as kind } from "../../../provider/src/kinds";
import { beyond, contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

/** An entry as `ip` prints it. */
async function readNeighbour(world: World, netns: string, address: string, proxy = false): Promise<Values | undefined> {
  const which = proxy ? ["proxy"] : ["nud", "permanent"];
  const text = await world.run("ip", "-n", netns, "-N", "neigh", "show", ...which);
  const line = text.split("\n").find((each) => each.startsWith(`${address} `));
  return line === undefined ? undefined : { words: line.replace(/ +/g, " ").trim() };
}

async function plumb(world: World, netns: string): Promise<void> {
  await world.run("ip", "-n", netns, "link", "add", "d0", "type", "veth", "peer", "name", "p0");
  for (const name of ["p0", "d0"]) await world.run("ip", "-n", netns, "link", "set", "dev", name, "up");
}

for (const [title, address, change] of [
  ["of IPv4", "10.1.0.2", { mac: "02:00:00:00:00:03" }],
  ["of IPv6", "2001:db8::2", { mac: "02:00:00:00:00:03", router: true }],
] as const) {
  contract(title, (world) => {
    const netns = world.netns("a");
    const ip = (...args: string[]) => world.run("ip", "-n", netns, "neigh", ...args);
    const isSix = address.includes(":");
    return {
      kind,
      local: isSix,
      prepare: () => plumb(world, netns),
      inputs: { device: "d0", address, mac: "02:00:00:00:00:02", netns },
      actual: () => readNeighbour(world, netns, address),
      expected: ({ mac, router }) => ({
        words: [address, "dev d0 lladdr", mac, ...(router ? ["router"] : []), "PERMANENT proto 157"].join(" "),
      }),
      updates: [{ what: Object.keys(change).join(), change }],
      replaces: { device: "other", address: "10.1.0.3", proxy: true, netns: "other" },
      drifts: [
        {
          what: "mac",
          input: "mac",
          by: () =>
            ip("replace", address, "lladdr", "02:00:00:00:00:09", "nud", "permanent", "dev", "d0", "proto", "157"),
        },
        ...(isSix
          ? [
              {
                what: "router",
                input: "router",
                by: () =>
                  ip(
                    "replace",
                    address,
                    "lladdr",
                    "02:00:00:00:00:03",
                    "nud",
                    "permanent",
                    "dev",
                    "d0",
                    "proto",
                    "157",
                  ),
              },
            ]
          : []),
      ],
      ignores: [
        {
          what: "another neighbour",
          by: () => ip("add", "10.1.0.9", "lladdr", "02:00:00:00:00:09", "nud", "permanent", "dev", "d0"),
        },
      ],
      vanish: () => ip("del", address, "dev", "d0"),
      parent: () => world.run("ip", "-n", netns, "link", "del", "dev", "d0"),
      foreign: {
        make: () => ip("add", address, "lladdr", "02:00:00:00:00:02", "nud", "permanent", "dev", "d0"),
        differ: () => ip("replace", address, "lladdr", "02:00:00:00:00:04", "nud", "permanent", "dev", "d0"),
        remove: () => ip("del", address, "dev", "d0"),
      },
      ...(!isSix && {
        faults: {
          tool: "ip",
          obstacle: { none: "nothing can hold a neighbour" },
          impossible: { "no kernel module": "neighbours need no module" },
        },
      }),
    };
  });
}

contract("as a proxy", (world) => {
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "neigh", ...args);
  return {
    kind,
    local: true,
    prepare: () => plumb(world, netns),
    inputs: { device: "d0", address: "2001:db8::7", proxy: true, netns },
    actual: () => readNeighbour(world, netns, "2001:db8::7", true),
    expected: ({ router }) => ({
      words: ["2001:db8::7 dev d0", ...(router ? ["router"] : []), "proxy proto 157"].join(" "),
    }),
    updates: [{ what: "router", change: { router: true } }],
    replaces: { proxy: false },
    drifts: [
      { what: "router", input: "router", by: () => ip("replace", "proxy", "2001:db8::7", "dev", "d0", "proto", "157") },
    ],
    ignores: [{ what: "another", by: () => ip("add", "proxy", "2001:db8::8", "dev", "d0") }],
    vanish: () => ip("del", "proxy", "2001:db8::7", "dev", "d0"),
    parent: { none: "as in the other cases" },
    foreign: {
      make: () => ip("add", "proxy", "2001:db8::7", "dev", "d0"),
      differ: { none: "as in the other cases" },
      remove: () => ip("del", "proxy", "2001:db8::7", "dev", "d0"),
    },
  };
});

beyond("Neighbour: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const inputs = (values: Values) =>
    check(kind, { device: "d0", netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  beforeAll(async () => {
    await world.build();
    await plumb(world, netns);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("it replaces what the kernel has learnt, and a proxy for the same address can exist beside it", async () => {
    await ip("neigh", "add", "10.1.0.2", "lladdr", "02:00:00:00:00:09", "nud", "reachable", "dev", "d0");
    const mac = "02:00:00:00:00:02";
    const one = await create(kind, inputs({ address: "10.1.0.2", mac }), settings);
    const two = await create(kind, inputs({ address: "10.1.0.2", proxy: true }), settings);
    await remove(kind, two.id, two.outputs, settings);
    expect((await read(kind, one.id, one.outputs, settings))?.outputs).toEqual(one.outputs);
    expect(await kind.imports?.list(testHost(), netns)).toEqual([{ id: one.id }]);
    await remove(kind, one.id, one.outputs, settings);
    expect(await kind.imports?.list(testHost(), netns)).toEqual([]);
  });

  test.each<[Values, string, string]>([
    [{}, "mac", "needs mac or proxy"],
    [{ mac: "02:00:00:00:00:02", proxy: true }, "mac", "needs mac or proxy, not both"],
    [{ proxy: true, router: true }, "router", "is only for IPv6 addresses"],
    [{ proxy: true, address: "224.0.0.1" }, "address", "must not be a multicast address"],
    [{ mac: "01:00:00:00:00:02" }, "mac", "must be a unicast MAC address"],
    [{ proxy: true, device: "lo" }, "device", "must not be one of"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const { failures } = check(kind, { device: "d0", address: "10.0.0.1", owner: world.owner, ...values });
    expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
  });
});

everyInput(kind);
everyDrift(kind);
