import { check, type Values } from "../../../provider/src/core/check";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { bond as kind, vethPair } from "../../../provider/src/kinds";
import { beyond, contract } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails, readDetails } from "../support/links";
import { hostUrl, settings, World } from "../support/world";

/** What `ip` prints of the inputs that all modes have, and of those of one mode. */
const shown = ({ mode, miimon = 0, lacpRate = "slow", transmitHashPolicy = "layer2", ...inputs }: Values) => {
  const { upDelay = 0, downDelay = 0, peerNotifyDelay = 0, minLinks = 0, peerNotifications = 1 } = inputs;
  const { primaryReselect = "always", failOverMac = "none", allSlavesActive = false } = inputs;
  return [
    ...[`bond mode ${mode}`, `miimon ${miimon}`, `updelay ${upDelay}`, `downdelay ${downDelay}`],
    ...[`peer_notify_delay ${peerNotifyDelay}`, `min_links ${minLinks}`, `num_grat_arp ${peerNotifications}`],
    ...[`primary_reselect ${primaryReselect}`, `fail_over_mac ${failOverMac}`],
    ...[`all_slaves_active ${Number(allSlavesActive)}`, `xmit_hash_policy ${transmitHashPolicy}`],
    ...(mode === "802.3ad" ? [`lacp_rate ${lacpRate}`] : []),
  ];
};

contract("without links", (world) =>
  linkCase(world, {
    ...{ kind, needs: "bond" },
    inputs: { mode: "802.3ad", lacpRate: "fast" },
    details: (inputs) => expectedDetails(shown({ miimon: 100, ...inputs })),
    by: { type: ["bond", "mode", "802.3ad", "lacp_rate", "fast"] },
    updates: [
      { what: "miimon", change: { miimon: 50 } },
      { what: "miimon taken away", change: { miimon: undefined } },
      { what: "hash policy", change: { transmitHashPolicy: "layer3+4" } },
      { what: "hash policy taken away", change: { transmitHashPolicy: undefined } },
      { what: "both", change: { miimon: 200, transmitHashPolicy: "layer2+3" } },
      { what: "delays", change: { upDelay: 400, downDelay: 600, peerNotifyDelay: 200 } },
      { what: "another miimon, and the delays stay", change: { miimon: 100 } },
      { what: "miimon taken away with a delay", change: { miimon: undefined, upDelay: undefined } },
      { what: "the rest", change: { minLinks: 2, peerNotifications: 0, allSlavesActive: true } },
      {
        what: "it taken away",
        change: { minLinks: undefined, peerNotifications: undefined, allSlavesActive: undefined },
      },
      { what: "all", change: { miimon: 200, upDelay: 200, minLinks: 1, peerNotifications: 5, allSlavesActive: true } },
    ],
    replaces: { mode: "active-backup", lacpRate: "slow" },
    drifts: [
      { input: "miimon", by: ["miimon", "70"] },
      { input: "transmitHashPolicy", by: ["xmit_hash_policy", "layer2"] },
      { input: "upDelay", by: ["updelay", "0"] },
      { input: "downDelay", by: ["downdelay", "70"] },
      { input: "peerNotifyDelay", by: ["peer_notify_delay", "0"] },
      { input: "minLinks", by: ["min_links", "0"] },
      { input: "peerNotifications", by: ["num_grat_arp", "1"] },
      { input: "allSlavesActive", by: ["all_slaves_active", "0"] },
    ],
  }),
);

contract("with a link that is preferred", (world) => {
  const netns = world.netns("a");
  const name = world.name("x");
  const set = (...args: string[]) => world.run("ip", "-n", netns, "link", "set", "dev", name, ...args);
  return {
    ...{ kind, needs: "bond" },
    inputs: { name, netns, mode: "active-backup", miimon: 100, upDelay: 200, failOverMac: "active" },
    actual: () => readDetails(world, netns, name),
    expected: (inputs: Values) => ({ details: expectedDetails(shown(inputs)) }),
    updates: [
      { what: "primaryReselect", change: { primaryReselect: "failure" } },
      { what: "no checks, no delays", change: { miimon: undefined, upDelay: undefined } },
      { what: "primaryReselect taken away", change: { primaryReselect: undefined } },
      {
        what: "checks and delays",
        change: { miimon: 50, downDelay: 150, peerNotifyDelay: 50, primaryReselect: "better" },
      },
    ],
    replaces: { failOverMac: "follow" },
    drifts: [
      {
        what: "primaryReselect",
        input: "primaryReselect",
        by: () => set("type", "bond", "primary_reselect", "always"),
      },
    ],
    ignores: [],
    vanish: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
  };
});

everyInput(kind);
everyDrift(kind);

beyond("Bond: beyond the contract", () => {
  test.each([
    [{ mode: "active-backup", lacpRate: "fast" }, "lacpRate: needs mode 802.3ad"],
    [
      { mode: "balance-rr", transmitHashPolicy: "layer2" },
      "transmitHashPolicy: needs mode balance-xor, 802.3ad or balance-tlb",
    ],
    [{ mode: "802.3ad", miimon: 0 }, "miimon: must not be 0 in mode 802.3ad"],
    [{ mode: "balance-rr", upDelay: 100 }, "upDelay: needs miimon"],
    [{ mode: "802.3ad", downDelay: 150 }, "downDelay: must be a multiple of miimon, 100"],
    [{ mode: "802.3ad", peerNotifyDelay: 0 }, "peerNotifyDelay: must be 1 to 300000"],
    [{ mode: "balance-alb", failOverMac: "active" }, "failOverMac: needs mode active-backup"],
    [
      { mode: "balance-rr", primaryReselect: "better" },
      "primaryReselect: needs mode active-backup, balance-tlb or balance-alb",
    ],
    [
      { mode: "active-backup", failOverMac: "follow", mac: "02:00:00:00:00:01" },
      "mac: must not be given: with failOverMac follow its links decide",
    ],
  ])("%j is refused at preview", (values, reason) => {
    const { failures } = check(kind, { owner: "p/s/r", name: "b0", ...values });
    expect(failures.map((each) => each.reason)).toEqual([reason]);
  });

  (lack("bond") ? test.skip : test)("a link that is up can enter and leave it, and stays up", async () => {
    const world = new World();
    const netns = world.netns("a");
    await world.build();
    try {
      await world.run("ip", "-n", netns, "link", "add", "name", "b0", "type", "bond", "mode", "active-backup");
      const ends = { name: "v0", netns, peer: { name: "v1", netns } };
      const values = { ...ends, owner: world.owner, ...(hostUrl && { host: hostUrl }) };
      let { id, outputs: state } = await create(vethPair, { ...values, master: "b0" }, settings);
      for (const master of [undefined, "b0"]) {
        state = await update(vethPair, id, state, { ...values, master }, settings);
        expect((await read(vethPair, id, state, settings))?.outputs).toMatchObject({ up: true });
        const shown = await world.run("ip", "-n", netns, "-o", "link", "show", "dev", "v0");
        expect(shown.includes(" master b0 ")).toBe(master !== undefined);
        expect(shown).toMatch(/[<,]UP[,>]/);
      }
      await remove(vethPair, id, state, settings);
    } finally {
      expect(await world.cleanUp()).toEqual([]);
    }
  });
});
