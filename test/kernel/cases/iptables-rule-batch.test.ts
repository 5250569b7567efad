import type { Values } from "../../../provider/src/core/check";
import { parseRules } from "../../../provider/src/tools/iptables/iptables";
import { Rules } from "../support/rules";
import { testHost, World } from "../support/world";

const world = new World();
const netns = world.netns("b");
const names = Array.from({ length: 12 }, (_, index) => `r${index}`).sort();
const wanted = Object.fromEntries(names.map((name) => [name, {}]));
let rules: Rules;

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));
beforeEach(async () => {
  rules = new Rules(world, netns);
  await rules.iptables("-F", "FORWARD");
});

/** How often a body runs each program, and the input of iptables-restore. */
async function commandsOf(body: () => Promise<unknown>) {
  const run = jest.spyOn(testHost(), "run");
  await body();
  const calls = run.mock.calls.map(([argv, options]) => ({ argv: argv.join(" "), input: options?.input }));
  run.mockRestore();
  const counted = (pattern: RegExp) => calls.filter(({ argv }) => pattern.test(argv)).length;
  return {
    looks: counted(/ -S /),
    changes: counted(/ -[AD] /),
    batches: calls.flatMap(({ input }) => (input === undefined ? [] : [input])),
  };
}

test("rules that are asked for at the same time are read, made and removed together", async () => {
  const made = await commandsOf(() => rules.up(wanted));
  expect((await rules.shape()).sort()).toEqual(names);
  const gone = await commandsOf(() => rules.up({}));
  expect(await rules.shape()).toEqual([]);
  for (const { batches, looks, changes } of [made, gone]) {
    expect(batches).not.toEqual([]);
    // Alone, each rule would take three.
    expect(batches.length + looks + changes).toBeLessThanOrEqual(names.length);
  }
});

test("if one rule of a transaction fails, it gets its own error, and all others are made", async () => {
  const wrong: Values = { target: "no-such-chain" };
  await expect(rules.up({ ...wanted, wrong })).rejects.toThrow(
    "there is no target or chain no-such-chain [LN_MISSING]",
  );
  expect((await rules.shape()).sort()).toEqual(names);
  expect(await rules.up(wanted)).toEqual([]);
});

test("a rule that is deleted by hand meanwhile does not stop the removal of the others", async () => {
  await rules.up(wanted);
  const { run } = testHost();
  const spy = jest.spyOn(testHost(), "run").mockImplementation(async (argv, options) => {
    if (options?.input?.includes("-D")) await rules.iptables("-D", "FORWARD", "5");
    return run.call(testHost(), argv, options);
  });
  await rules.up({}).finally(() => spy.mockRestore());
  expect(await rules.shape()).toEqual([]);
});

test("words reach the kernel unchanged", async () => {
  const strange = [
    `it's "quoted" \\ and -j DROP`,
    "# no remark",
    "-t nat",
    "COMMIT",
    "*nat",
    "[0:0] -A INPUT",
    "$x `y` > z",
  ];
  const commented = Object.fromEntries(strange.map((comment, index) => [`c${index}`, { comment }]));
  const { changes } = await commandsOf(() => rules.up(commented));
  // iptables-restore read the rest, and refused nothing.
  expect(changes).toBeLessThan(strange.length / 2);
  expect(await rules.lines()).toHaveLength(strange.length);
  const saved = await world.runIn(netns, "iptables-save", "-t", "filter");
  expect(saved.split("\n").filter((line) => line.startsWith("-A "))).toEqual(await rules.lines());
  const comments = parseRules(saved).map(({ words }) => words[words.indexOf("--comment") + 1]);
  expect(comments.map((comment) => comment?.replace(/ localnet:\S+$/, "")).sort()).toEqual(strange.sort());
  expect(await rules.up(commented)).toEqual([]);
});
