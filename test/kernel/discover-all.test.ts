import type { Values } from "../../provider/src/core/check";
import { discover } from "../../provider/src/core/discover";
import { findImportable } from "../../provider/src/core/import";
import type { AnyKind } from "../../provider/src/core/kind";
import { withReadCache } from "../../provider/src/host";
import { kinds } from "../../provider/src/kinds";
import { objectReaders } from "../../provider/src/tools/objects";
import { handmadeLabs } from "./support/handmade-labs";
import { objectsOf, partsOf } from "./support/kernel-objects";
import { bridgeObjectsScript, kernelObjectsScript, rareObjectsScript } from "./support/kernel-objects-scripts";
import { hostUrl, settings, World } from "./support/world";

const world = new World();
const a = world.netns("a");
const b = world.netns("b");
const there = { ...settings, host: hostUrl, timeoutSeconds: 60 };
/** In milliseconds. Each lab takes about 300 processes, and an emulated machine starts only a few in a second. */
const limit = hostUrl ? 300_000 : 60_000;

beforeEach(() => world.build());
afterEach(async () => expect(await world.cleanUp()).toEqual([]));

test.each(Object.entries(handmadeLabs(b)))(
  "every object of %s is listed, or left out with the reason",
  async (_, { script, sorts }) => {
    const lines = script.trim().split("\n");
    await world.slowly(a, "sh", "-c", lines.map((line) => `${line} 2>/dev/null || true`).join("\n"));
    const printAll = `${kernelObjectsScript}\n${rareObjectsScript}`;
    const ofNew = partsOf(await world.slowly(a, "unshare", "--net", "sh", "-c", printAll));
    const now = partsOf(await world.slowly(a, "sh", "-c", `${printAll}\n${bridgeObjectsScript}`));
    const objects = objectsOf(now, ofNew);
    expect(objects.map(({ sort }) => sort)).toEqual(expect.arrayContaining(sorts));

    // As in the command, all share one list.
    const { resources, omitted: left } = await withReadCache(async () => {
      const { importable, omitted } = await discover(Object.values(kinds), objectReaders, there, a);
      return { resources: (await Promise.all(importable.map(({ type, id }) => inputsOf(type, id)))).flat(), omitted };
    });
    const refused = left.flatMap(({ what }) => {
      const [type = "", id = ""] = what.split(" ");
      const inputs = kinds[type]?.imports?.parse(id) as Values | undefined;
      return inputs ? [{ type, inputs }] : [];
    });
    const missing = objects.filter(({ isOf, text }) => {
      const isKnown = [...resources, ...refused].some(({ type, inputs }) => isOf(type, inputs));
      const isLeft = left.some(({ what }) => what.toLowerCase().includes(text.toLowerCase()));
      return !isKnown && !isLeft;
    });
    expect(missing.map(({ sort, text }) => `${sort}: ${text}`)).toEqual([]);
    for (const { why } of left) expect(why).not.toBe("");

    // No object is named that does not exist. The names are in the words of the tools.
    const invented = left
      .map(({ what }) => what)
      .filter((what) =>
        /^(link|address|nft|neighbour|fdb|qdisc|filter|xfrm|ipv[46] m?rule|ioam|ipvs|port|vlan|vni|vnifilter|l2tp|fou|mptcp|mpls|token|sr|addrlabel|maddress|mdb|action|tc) /.test(
          what,
        ),
      )
      .filter((what) => !objects.some(({ text }) => what.includes(text)));
    expect(invented).toEqual([]);
  },
  limit,
);

/** The inputs of a resource; of a pair, those of each end. */
async function inputsOf(type: string, id: string): Promise<{ type: string; inputs: Values }[]> {
  const importable = await findImportable(kinds[type] as AnyKind, id, "", there);
  const inputs = importable?.inputs ?? {};
  const expected = type === "IptablesRule" ? { ...inputs, id: id.replace(/@.*/, "") } : inputs;
  const ends = [expected, ...(inputs.peer ? [inputs.peer as Values] : [])];
  return ends.filter(({ netns }) => netns === a).map((each) => ({ type, inputs: each }));
}
