import { check, type Values } from "../../../provider/src/core/check";
import { create, remove } from "../../../provider/src/core/lifecycle";
import { bridgeFdb as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { hostUrl, settings, testHost, World } from "../support/world";

/** The entry of a MAC address as `bridge` prints it. `which` selects one of several. */
async function readEntry(world: World, netns: string, mac: string, which = ""): Promise<Values | undefined> {
  const text = await world.run("bridge", "-n", netns, "fdb", "show");
  const line = text.split("\n").find((each) => each.startsWith(`${mac} `) && `${each} `.includes(which));
  return line === undefined ? undefined : { words: line.replace(/ +/g, " ").trim() };
}

/** A bridge with a port, and a Vxlan. */
async function plumb(world: World, netns: string, ...options: string[]): Promise<void> {
  const ip = (...args: string[]) => world.run("ip", "-n", netns, "link", ...args);
  await ip("add", "br0", "type", "bridge", ...options);
  await ip("add", "d0", "type", "veth", "peer", "name", "p0");
  await ip("set", "dev", "d0", "master", "br0");
  await ip("add", "vx0", "type", "vxlan", "id", "5", "dstport", "4789", "remote", "10.9.0.9", "dev", "p0");
}

contract("of a Vxlan, for all frames without an entry of their own", (world) => {
  const netns = world.netns("a");
  const bridge = (...args: string[]) => world.run("bridge", "-n", netns, "fdb", ...args);
  const mac = "00:00:00:00:00:00";
  const entry = [mac, "dev", "vx0", "dst", "10.9.0.1", "port", "8472", "vni", "7"];
  return {
    kind,
    marked: false,
    prepare: () => plumb(world, netns),
    inputs: { device: "vx0", mac, destination: "10.9.0.1", port: 8472, vni: 7, netns },
    actual: () => readEntry(world, netns, mac, "dst 10.9.0.1 "),
    expected: () => ({ words: `${mac} dev vx0 dst 10.9.0.1 port 8472 vni 7 self permanent` }),
    updates: [],
    replaces: {
      ...{ device: "other", mac: "02:00:00:00:00:02", netns: "other", destination: "10.9.0.2", port: 8473, vni: 8 },
      ...{ vlan: 5, table: "master" },
    },
    drifts: [],
    ignores: [
      { what: "another entry for the same address", by: () => bridge("append", mac, "dev", "vx0", "dst", "10.9.0.2") },
    ],
    vanish: () => bridge("del", ...entry),
    parent: () => world.run("ip", "-n", netns, "link", "del", "dev", "vx0"),
    foreign: {
      make: () => bridge("append", ...entry),
      differ: { none: "all inputs identify it" },
      remove: () => bridge("del", ...entry),
    },
    faults: {
      tool: "bridge",
      obstacle: { none: "nothing can hold an entry" },
      impossible: { "no kernel module": "its link was there before it" },
    },
  };
});

for (const vlan of [undefined, 1]) {
  contract(vlan === undefined ? "of a bridge, behind a port" : "of a bridge that filters VLANs", (world) => {
    const netns = world.netns("a");
    const bridge = (...args: string[]) => world.run("bridge", "-n", netns, "fdb", ...args);
    const mac = "02:00:00:00:00:11";
    const words = vlan === undefined ? [] : ["vlan", String(vlan)];
    const entry = [mac, "dev", "d0", ...words, "master"];
    return {
      kind,
      ...(vlan === undefined ? { local: true } : { needs: "vlan filtering" as const }),
      marked: false,
      prepare: () => plumb(world, netns, ...(vlan === undefined ? [] : ["vlan_filtering", "1"])),
      inputs: {
        device: "d0",
        mac: mac.toUpperCase(),
        ...(vlan !== undefined && { vlan }),
        table: "master",
        state: "static",
        netns,
      },
      actual: () => readEntry(world, netns, mac),
      expected: () => ({ words: [mac, "dev d0", ...words, "master br0 static"].join(" ") }),
      updates: [],
      replaces: { state: "permanent" },
      drifts: [],
      ignores: [{ what: "another", by: () => bridge("add", "02:00:00:00:00:12", "dev", "d0", "master", "static") }],
      vanish: () => bridge("del", ...entry),
      parent: () => world.run("ip", "netns", "del", netns),
      foreign: {
        make: () => bridge("add", ...entry, "static"),
        differ: () => bridge("replace", ...entry, "permanent"),
        remove: () => bridge("del", ...entry),
      },
    };
  });
}

beyond("BridgeFdb: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("a");
  const bridge = (...args: string[]) => world.run("bridge", "-n", netns, "fdb", ...args);
  const inputs = (values: Values) =>
    check(kind, { device: "vx0", netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  const make = (values: Values) => create(kind, inputs(values), settings);
  const importable = async () =>
    (await kind.imports?.list(testHost(), netns))?.map(({ id }) => id.replace(`@${netns}`, ""));
  beforeAll(async () => {
    await world.build();
    await plumb(world, netns);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("each of several entries of zeros is removed alone, and those of the kernel are neither listed nor adopted", async () => {
    const mac = "00:00:00:00:00:00";
    // The kernel adds an entry for its address to the bridge.
    await world.run("ip", "-n", netns, "link", "add", "m0", "link", "br0", "type", "macvlan", "mode", "private");
    await world.run("ip", "-n", netns, "link", "set", "br0", "up");
    await world.run("ip", "-n", netns, "link", "set", "m0", "up");
    expect((await bridge("show", "dev", "br0")).match(/self permanent/g)).not.toBeNull();
    expect(await importable()).toEqual([]);
    expect(await failure(() => make({ mac, destination: "10.9.0.9", adopt: true }))).toMatchObject({
      code: "LN_EXISTS",
    });
    const one = await make({ mac, destination: "10.9.0.1" });
    const two = await make({ mac, destination: "10.9.0.1", port: 8472 });
    expect((await importable())?.sort()).toEqual([`vx0/${mac} dst 10.9.0.1`, `vx0/${mac} dst 10.9.0.1 port 8472`]);
    await remove(kind, one.id, one.outputs, settings);
    expect(await importable()).toEqual([`vx0/${mac} dst 10.9.0.1 port 8472`]);
    await remove(kind, two.id, two.outputs, settings);
    expect(await importable()).toEqual([]);
  });

  test("other addresses than zeros have one entry: that of another owner, to another place, is not replaced", async () => {
    const mac = "02:00:00:00:00:14";
    await bridge("add", mac, "dev", "vx0", "dst", "10.9.0.3");
    const error = await failure(() => make({ mac, destination: "10.9.0.4", adopt: true }));
    expect(error).toMatchObject({ code: "LN_EXISTS", message: expect.stringContaining("the entry to 10.9.0.3") });
    await bridge("del", mac, "dev", "vx0");
  });

  test("an entry that a bridge has learnt is replaced", async () => {
    const mac = "02:00:00:00:00:15";
    for (const name of ["br0", "p0", "d0"]) await world.run("ip", "-n", netns, "link", "set", "dev", name, "up");
    await bridge("add", mac, "dev", "d0", "master", "dynamic");
    const { id, outputs } = await make({ device: "d0", mac, table: "master", state: "static" });
    expect(await readEntry(world, netns, mac)).toMatchObject({ words: expect.stringMatching(/static$/) });
    await remove(kind, id, outputs, settings);
  });

  test.each<[Values, string, string]>([
    [{ mac: "01:00:00:00:00:01" }, "mac", "must be a unicast MAC address"],
    [{ mac: "00:00:00:00:00:00" }, "destination", "is needed with a MAC address of zeros"],
    [{ port: 8472 }, "port", "needs destination"],
    [{ vni: 8472 }, "vni", "needs destination"],
    [{ vni: -1, destination: "10.0.0.1" }, "vni", "must be 0 to 16777215"],
    [{ destination: "10.0.0.1", table: "master" }, "destination", "must not be given with table master"],
    [{ vlan: 5 }, "vlan", "needs table master"],
    [{ state: "static" }, "state", "must be permanent with table self"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const { failures } = check(kind, { device: "d0", mac: "02:00:00:00:00:01", owner: world.owner, ...values });
    expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
  });
});

everyInput(kind);
everyDrift(kind);
