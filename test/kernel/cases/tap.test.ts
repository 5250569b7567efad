import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove } from "../../../provider/src/core/lifecycle";
import { tap as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";
import { hostUrl, settings, World } from "../support/world";

/** The case of a link that another command makes by hand. */
function tapCase(world: World, spec: Omit<Parameters<typeof linkCase>[1], "kind" | "needs" | "by">, mode: string) {
  const all = linkCase(world, { ...spec, ...{ kind, needs: "tap", by: { type: ["tun"] } } });
  const [netns, name] = [String(all.inputs.netns), String(all.inputs.name)];
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const { foreign } = all;
  if ("none" in foreign) throw new Error(foreign.none);
  return {
    ...all,
    foreign: {
      ...foreign,
      async make() {
        const user = spec.inputs.user ? ["user", String(spec.inputs.user)] : [];
        await ip("tuntap", "add", "dev", name, "mode", mode, ...user);
        await ip("addr", "add", "10.9.0.1/24", "dev", name);
        await ip("link", "set", "dev", name, "up");
      },
    },
  };
}

contract("with frames, for one user", (world) =>
  tapCase(
    world,
    {
      inputs: { user: "root" },
      details: ({ user, group, pi, vnetHdr, multiQueue }) =>
        expectedDetails([
          "tun type tap",
          ...[`pi ${pi ? "on" : "off"}`, `vnet_hdr ${vnetHdr ? "on" : "off"}`],
          ...(multiQueue ? ["multi_queue"] : []),
          "persist on",
          ...(user ? [`user ${user}`] : []),
          ...(group ? [`group ${group}`] : []),
        ]),
      replaces: {
        ...{ mode: "tun", user: "nobody", group: "nogroup", pi: true, vnetHdr: true, multiQueue: true },
      },
    },
    "tap",
  ),
);

contract("with packets", (world) =>
  tapCase(
    world,
    {
      inputs: { mode: "tun" },
      lacks: ["mac"],
      defaults: () => ({ arp: false, txQueueLength: 500 }),
      details: () => expectedDetails(["tun type tun"]),
      isPort: false,
      replaces: {},
    },
    "tun",
  ),
);

contract("with a speed", (world) => {
  const netns = world.netns("a");
  const name = world.name("s");
  const by = (...words: string[]) => world.script(netns, `ethtool -s ${name} ${words.join(" ")}`);
  return {
    ...{ kind, needs: "tap" },
    inputs: { name, netns, speed: 1000 },
    async actual() {
      const script = `ip link show dev ${name} >/dev/null 2>&1 || exit 0; ethtool ${name} 2>/dev/null`;
      const shown = (await world.script(netns, script)).split("\n").flatMap((line) => {
        const [, key = "", value = ""] = /^\t(Speed|Duplex|Auto-negotiation): (.*)$/.exec(line) ?? [];
        return key ? [[key, value]] : [];
      });
      return shown.length > 0 ? Object.fromEntries(shown) : undefined;
    },
    expected: ({ speed, duplex = "full", autoneg = false }: Values) => ({
      Speed: speed === undefined ? expect.stringMatching(/^10(000)?Mb\/s$/) : `${speed}Mb/s`,
      Duplex: duplex === "full" ? "Full" : "Half",
      "Auto-negotiation": autoneg ? "on" : "off",
    }),
    updates: [
      { what: "another speed, half duplex", change: { speed: 100, duplex: "half" } },
      { what: "agreed on", change: { autoneg: true } },
      { what: "all otherwise", change: { speed: 25000, duplex: "full", autoneg: false } },
    ],
    replaces: { speed: undefined, duplex: undefined, autoneg: undefined },
    drifts: [
      { what: "another speed", input: "speed", by: () => by("speed", "10") },
      { what: "half duplex", input: "duplex", by: () => by("duplex", "half") },
      { what: "agreed on", input: "autoneg", by: () => by("autoneg", "on") },
    ],
    ignores: [],
    vanish: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});

beyond("Tap: beyond the contract", () => {
  const testIt = lack("tap") ? test.skip : test;
  const world = new World();
  const netns = world.netns("a");
  const there = { ...settings, host: hostUrl };
  const make = (values: Values) =>
    create(kind, check(kind, { name: "t0", netns, owner: world.owner, ...there, ...values }).inputs, settings);

  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  testIt("what a failure leaves is ours: the next run takes it", async () => {
    expect(await failure(() => make({ mtu: 65_535 }))).toMatchObject({ code: "LN_COMMAND" });
    const { id, outputs } = await make({ mtu: 1400 });
    expect(await read(kind, id, outputs, settings)).toBeDefined();
    await remove(kind, id, outputs, settings);
    expect(await world.run("ip", "-n", netns, "tuntap")).toBe("");
  });

  testIt("imported, a speed that somebody set is asked for, and one that the kernel gave is not", async () => {
    await world.run("ip", "-n", netns, "tuntap", "add", "dev", "t1", "mode", "tap");
    const imported = async () => (await findImportable(kind, `t1@${netns}`, world.owner, there))?.inputs;
    expect(Object.keys((await imported()) ?? {})).not.toEqual(expect.arrayContaining(["speed"]));
    await world.script(netns, "ethtool -s t1 speed 2500 duplex half");
    expect(await imported()).toMatchObject({ speed: 2500, duplex: "half" });
    await world.run("ip", "-n", netns, "link", "del", "dev", "t1");
  });
});

test.each<[Values, string, string]>([
  [{ mode: "tun", mac: "02:00:00:00:00:01" }, "mac", "a link of mode tun has none"],
  [{ mode: "tun", master: "br0", hairpin: true }, "hairpin", "must not be given with mode tun"],
  [{ user: "0" }, "user", "must be the name of an account"],
  [{ user: "-d" }, "user", "must be the name of an account"],
  [{ group: "a b" }, "group", "must be the name of an account"],
  [{ speed: 0 }, "speed", "must be 1 to 2147483647"],
  [{ speed: 2147483648 }, "speed", "must be 1 to 2147483647"],
  [{ duplex: "both" }, "duplex", "expected one of"],
])("%j is refused at %s: %s", (values, property, rule) => {
  const { failures } = check(kind, { name: "t0", owner: "a/b/c", ...values });
  expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
});

everyInput(kind);
everyDrift(kind);
