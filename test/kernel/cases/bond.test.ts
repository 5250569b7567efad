import { check } from "../../../provider/src/core/check";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { bond as kind, vethPair } from "../../../provider/src/kinds";
import { beyond, contract } from "../support/contract";
import { lack } from "../support/features";
import { everyDrift, everyInput } from "../support/inputs";
import { linkCase } from "../support/link-case";
import { expectedDetails } from "../support/links";
import { hostUrl, settings, World } from "../support/world";

contract("without links", (world) =>
  linkCase(world, {
    ...{ kind, needs: "bond" },
    inputs: { mode: "802.3ad", lacpRate: "fast" },
    details: ({ mode, miimon = 100, lacpRate = "slow", transmitHashPolicy = "layer2" }) =>
      expectedDetails([
        ...[`bond mode ${mode}`, `miimon ${miimon}`, `lacp_rate ${lacpRate}`],
        `xmit_hash_policy ${transmitHashPolicy}`,
      ]),
    by: { type: ["bond", "mode", "802.3ad", "lacp_rate", "fast"] },
    updates: [
      { what: "miimon", change: { miimon: 50 } },
      { what: "miimon taken away", change: { miimon: undefined } },
      { what: "hash policy", change: { transmitHashPolicy: "layer3+4" } },
      { what: "hash policy taken away", change: { transmitHashPolicy: undefined } },
      { what: "both", change: { miimon: 200, transmitHashPolicy: "layer2+3" } },
    ],
    replaces: { mode: "active-backup", lacpRate: "slow" },
    drifts: [
      { input: "miimon", by: ["miimon", "70"] },
      { input: "transmitHashPolicy", by: ["xmit_hash_policy", "layer2"] },
    ],
  }),
);

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
