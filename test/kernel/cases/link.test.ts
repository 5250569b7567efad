import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { bridge, link as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import {
  everyLinksDrifts,
  everyLinksUpdates,
  everyPortsDrifts,
  everyPortsUpdates,
  expectedLink,
  readLink,
} from "../support/links";
import { hostUrl, settings, testHost, World } from "../support/world";

const modes = ["eui64", "none", "stable_secret", "random"];

/** What of a link is not as it was at first. */
function recordChanges(world: World, netns: string, name: string) {
  const all = async () => {
    const there = await readLink(world, netns, name);
    const mode = await world.script(netns, `cat /proc/sys/net/ipv6/conf/${name}/addr_gen_mode 2>/dev/null || true`);
    return there && { ...there, addrgenmode: modes[Number(mode)], flags: undefined, netdev_group: undefined };
  };
  let first = "";
  return {
    async begin() {
      first = JSON.stringify(await all());
    },
    async actual() {
      const now = await all();
      return JSON.stringify(now) === first ? undefined : now;
    },
  };
}

contract("hardware, as far as ip can tell", (world) => {
  const netns = world.netns("a");
  const name = world.name("d");
  const bridge = world.name("br");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const set = (...args: string[]) => ip("link", "set", "dev", name, ...args);
  const { begin, actual } = recordChanges(world, netns, name);
  return {
    kind,
    alwaysThere: true,
    async prepare() {
      await ip("link", "add", "name", bridge, "type", "bridge");
      await ip("link", "add", "name", name, "address", "02:00:00:00:30:09", "type", "veth", "peer", "name", "far");
      // Without a carrier the kernel would make its route for multicast later.
      await ip("link", "set", "dev", "far", "up");
      await set("up");
      await begin();
    },
    inputs: { name, netns, mtu: 1400, addresses: ["10.9.0.1/24", "2001:db8:30::1/64"] },
    actual,
    expected: ({ addrgenmode, ...values }: Values) => {
      const { ifalias: _, ...shown } = expectedLink(values, "");
      return { ...shown, ...(addrgenmode === undefined ? {} : { addrgenmode }) };
    },
    updates: [
      { what: "mac", change: { mac: "02:00:00:00:30:01" } },
      { what: "mtu and mac taken away", change: { mtu: undefined, mac: undefined } },
      { what: "another mac, promiscuous, no address", change: { mac: "02:00:00:00:30:02", promiscuous: true } },
      {
        what: "other addresses, and addrgenmode",
        change: { addresses: ["10.9.0.2/24"], addrgenmode: "none", mtu: 1300 },
      },
      { what: "down", change: { up: false } },
      { what: "up", change: { up: true } },
      ...everyLinksUpdates,
      { what: "in a bridge, and hairpin", change: { master: bridge, hairpin: true } },
      ...everyPortsUpdates,
    ],
    replaces: { name: "other", netns: "other" },
    drifts: [
      ...everyLinksDrifts(set),
      { what: "address removed", input: "addresses", by: () => ip("addr", "del", "10.9.0.2/24", "dev", name) },
      { what: "mtu", input: "mtu", by: () => set("mtu", "1290") },
      { what: "mac", input: "mac", by: () => set("address", "02:00:00:00:30:99") },
      { what: "addrgenmode", input: "addrgenmode", by: () => set("addrgenmode", "eui64") },
      { what: "not promiscuous", input: "promiscuous", by: () => set("promisc", "off") },
      ...everyPortsDrifts(set),
      { what: "no hairpin", input: "hairpin", by: () => set("type", "bridge_slave", "hairpin", "off") },
      { what: "in no bridge", input: "master", by: () => set("nomaster") },
      { what: "down", input: "up", by: () => set("down") },
    ],
    ignores: [
      {
        what: "an address of another, for a while",
        async by() {
          await ip("addr", "add", "10.8.0.1/24", "dev", name);
          await ip("addr", "del", "10.8.0.1/24", "dev", name);
        },
      },
    ],
    vanish: { none: "it is never removed" },
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: { none: "nobody owns it; what it was is put back on delete" },
    faults: {
      update: { what: "another mtu, no address", change: { mtu: 1300, addresses: undefined, arp: false } },
      tool: "ip",
      obstacle: { none: "nothing can hold an option of a link" },
      impossible: { "no kernel module": "it is there already" },
    },
  };
});

contract("that takes a speed", (world) => {
  const netns = world.netns("a");
  const name = world.name("t");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const by = (...words: string[]) => world.script(netns, `ethtool -s ${name} ${words.join(" ")}`);
  const all = () =>
    world.script(netns, `ethtool ${name} 2>/dev/null | grep -E '^\\s(Speed|Duplex|Auto-negotiation):' || true`);
  let first = "";
  return {
    ...{ kind, alwaysThere: true, needs: "tap" },
    async prepare() {
      await ip("tuntap", "add", "dev", name, "mode", "tap");
      await by("speed", "2500", "duplex", "half");
      first = await all();
    },
    inputs: { name, netns, speed: 1000 },
    async actual() {
      const now = await all();
      return now === first ? undefined : { now };
    },
    expected: ({ speed = 2500, duplex = "half", autoneg = false }: Values) => ({
      now: `\tSpeed: ${speed}Mb/s\n\tDuplex: ${duplex === "full" ? "Full" : "Half"}\n\tAuto-negotiation: ${autoneg ? "on" : "off"}\n`,
    }),
    updates: [
      { what: "full duplex", change: { duplex: "full" } },
      { what: "speed taken away", change: { speed: undefined } },
      { what: "agreed on", change: { autoneg: true, speed: 100 } },
    ],
    replaces: {},
    drifts: [
      { what: "another speed", input: "speed", by: () => by("speed", "10") },
      { what: "half duplex", input: "duplex", by: () => by("duplex", "half") },
      { what: "not agreed on", input: "autoneg", by: () => by("autoneg", "off") },
    ],
    ignores: [],
    vanish: { none: "it is never removed" },
    parent: () => world.run("ip", "netns", "del", netns),
    foreign: { none: "nobody owns it; what it was is put back on delete" },
  };
});

beyond("Link: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const inputs = (values: Values) =>
    check(kind, { name: "d0", netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  const make = (values: Values) => create(kind, inputs(values), settings);
  const other = `lnt/other/${world.tag}`;
  const mtu = async () => Number(/mtu (\d+)/.exec(await ip("link", "show", "dev", "d0"))?.[1]);
  const addresses = async () =>
    [...(await ip("-o", "-4", "addr", "show", "dev", "d0")).matchAll(/inet (\S+)/g)].map(([, each]) => each);

  beforeAll(async () => {
    await world.build();
    await ip("link", "add", "d0", "type", "veth", "peer", "name", "d1");
    await ip("link", "set", "dev", "d0", "up");
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("two stacks share what they agree on, and the last one puts back what was there before the first", async () => {
    const one = await make({ mtu: 1400 });
    const two = await make({ mtu: 1400, up: true, owner: other });
    await remove(kind, one.id, one.outputs, settings);
    expect(await mtu()).toBe(1400);
    await remove(kind, two.id, two.outputs, settings);
    expect(await mtu()).toBe(1500);
  });

  test("a stack that wants another value is refused, and one that wants other inputs is not", async () => {
    const one = await make({ mtu: 1400 });
    const error = await failure(() => make({ mtu: 1300, owner: other }));
    expect(error).toMatchObject({ code: "LN_EXISTS", message: expect.stringContaining("mtu: ") });
    expect(await mtu()).toBe(1400);
    const two = await make({ txQueueLength: 77, owner: other });
    const state = await update(kind, one.id, one.outputs, inputs({ mtu: 1350 }), settings);
    await remove(kind, one.id, state, settings);
    expect(await ip("link", "show", "dev", "d0")).toMatch(/mtu 1500 .* qlen 77/);
    await remove(kind, two.id, two.outputs, settings);
    expect(await ip("link", "show", "dev", "d0")).toMatch(/mtu 1500 .* qlen 1000/);
  });

  test("an address that was there before, or that another stack asks for, stays", async () => {
    await ip("addr", "add", "10.1.0.1/24", "dev", "d0");
    const one = await make({ addresses: ["10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24"] });
    const two = await make({ addresses: ["10.1.0.3/24"], owner: other });
    const state = await update(kind, one.id, one.outputs, inputs({ mtu: 1400, addresses: ["10.1.0.2/24"] }), settings);
    expect(await addresses()).toEqual(["10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24"]);
    const less = await update(kind, one.id, state, inputs({ mtu: 1400 }), settings);
    expect(await addresses()).toEqual(["10.1.0.1/24", "10.1.0.3/24"]);
    await remove(kind, one.id, less, settings);
    await remove(kind, two.id, two.outputs, settings);
    expect(await addresses()).toEqual(["10.1.0.1/24"]);
    await ip("addr", "del", "10.1.0.1/24", "dev", "d0");
  });

  test("what a run that died asked for is put back when the next one does not ask for it", async () => {
    await make({ mtu: 1400, arp: false });
    const { id, outputs } = await make({ arp: false });
    expect(await mtu()).toBe(1500);
    await remove(kind, id, outputs, settings);
    expect(await ip("link", "show", "dev", "d0")).not.toContain("NOARP");
  });

  test("what the kernel does not take is an error, and leaves nothing", async () => {
    await ip("addr", "add", "10.1.0.1/24", "dev", "d0");
    const before = await world.settled();
    await failure(() => make({ arp: false, master: "nowhere" }));
    expect(await world.settled(before)).toBe(before);
    await ip("addr", "del", "10.1.0.1/24", "dev", "d0");
  });

  test("a link that has a speed of its own is named, and stays as it was", async () => {
    const before = await world.settled();
    const error = await failure(() => make({ speed: 1000, mtu: 1400 }));
    expect(error).toMatchObject({ code: "LN_KERNEL", message: expect.stringContaining("d0 takes no speed") });
    expect(await world.settled(before)).toBe(before);
  });

  test("lo has options too, and its namespace's mark does not matter", async () => {
    await ip("link", "set", "dev", "lo", "alias", "localnet:a/b/c");
    const { id, outputs } = await make({ name: "lo", mtu: 1400, addresses: ["10.2.0.1/32"] });
    expect(await ip("addr", "show", "dev", "lo")).toMatch(/mtu 1400 .*10\.2\.0\.1\/32/s);
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    await remove(kind, id, outputs, settings);
    expect(await ip("addr", "show", "dev", "lo")).toMatch(/mtu 65536/);
  });

  test("a link that a resource makes is refused, and one that is not there is an error", async () => {
    const name = world.name("br");
    const made = await create(
      bridge,
      check(bridge, { name, netns, owner: `${world.owner}-br`, ...(hostUrl && { host: hostUrl }) }).inputs,
      settings,
    );
    const error = await failure(() => make({ name, mtu: 1400, adopt: true }));
    expect(error).toMatchObject({ code: "LN_EXISTS", message: expect.stringContaining(`${world.owner}-br`) });
    await remove(bridge, made.id, made.outputs, settings);
    expect(await failure(() => make({ name, mtu: 1400 }))).toMatchObject({ message: expect.stringContaining(name) });
  });

  test("imported, it keeps what it has on destroy; what no kind makes is told as left out", async () => {
    const importable = await findImportable(kind, `d0@${netns}`, world.owner, { ...settings, host: hostUrl });
    expect(importable?.inputs).toMatchObject({ name: "d0", up: true });
    await remove(kind, importable?.id ?? "", importable?.outputs ?? {}, { ...settings, host: hostUrl });
    expect(await ip("link", "show", "dev", "d0")).toContain("UP");
    expect(await kind.imports?.list(testHost(), netns)).toEqual([]);
  });

  test.each<[Values, string, string]>([
    [{}, "up", "there is nothing to set"],
    [{ mtu: 1000, addresses: ["2001:db8::1/64"] }, "mtu", "must be at least 1280"],
    [{ master: "d0" }, "master", "must be another link"],
    [{ mac: "01:00:00:00:00:01" }, "mac", "must be a unicast MAC address"],
    [{ addresses: ["10.0.0.1"] }, "addresses", "must be an address with a prefix length"],
    [{ speed: 0 }, "speed", "must be 1 to 2147483647"],
    [{ txQueueLength: -1 }, "txQueueLength", "must be 0 to 1000000"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const { failures } = check(kind, { name: "d0", owner: world.owner, ...values });
    expect(failures).toMatchObject([
      { property: expect.stringMatching(`^${property}`), reason: expect.stringContaining(rule) },
    ]);
  });
});

everyInput(kind);
everyDrift(kind);
