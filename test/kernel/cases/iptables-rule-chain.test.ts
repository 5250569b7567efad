import { failure } from "../support/contract";
import { Rules } from "../support/rules";
import { World } from "../support/world";

const world = new World();
const netns = world.netns("a");
const rules = new Rules(world, netns);

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("read shows a match that is added to our rule by hand, although the program does not set it", async () => {
  await rules.up({ a: {} });
  const [line = ""] = await rules.lines();
  await world.script(netns, `iptables -F FORWARD; iptables ${line.replace(" -m ", " -s 10.0.0.1 -m ")}`);
  expect(await rules.up({ a: {} })).toEqual(["a"]);
  expect(await rules.lines()).toEqual([line]);
});

describe("a chain that does not exist", () => {
  test("is named by create, with the fix", async () => {
    const none = new Rules(world, netns, "NONE");
    const error = await failure(() => none.up({ a: {} }));
    expect(error).toMatchObject({ code: "LN_MISSING" });
    expect(error.message).toMatch(/there is no chain NONE in table filter.*fix: +create it/s);
    for (const values of [{ priority: 3 }, { position: "insert" }, { adopt: true }]) {
      expect(await failure(() => none.up({ a: values }))).toMatchObject({ code: "LN_MISSING" });
    }
  });

  test("in another table, is named too", async () => {
    const nat = { a: { table: "nat", chain: "NONE", target: "RETURN" } };
    expect((await failure(() => rules.up(nat))).message).toContain("there is no chain NONE in table nat");
  });

  test("as a target, is named too", async () => {
    const error = await failure(() => rules.up({ a: { target: "NONE" } }));
    expect(error.message).toContain("there is no target or chain NONE");
    expect(error).toMatchObject({ code: "LN_MISSING" });
  });

  test("after it was removed by hand with its rule, refresh and destroy succeed", async () => {
    const chainRules = new Rules(world, netns, "ONES-OWN");
    await chainRules.iptables("-N", "ONES-OWN");
    await chainRules.up({ a: {} });
    await chainRules.iptables("-F", "ONES-OWN");
    await chainRules.iptables("-X", "ONES-OWN");
    expect(await failure(() => chainRules.up({ a: {} }))).toMatchObject({ code: "LN_MISSING" });
    expect(await chainRules.up({})).toEqual([]);
  });
});
