import { setTimeout as sleep } from "node:timers/promises";
import type { Values } from "../../../provider/src/core/check";
import { read, update } from "../../../provider/src/core/lifecycle";
import { iptablesRule as kind } from "../../../provider/src/kinds";
import { Rules } from "../support/rules";
import { settings, testHost, World } from "../support/world";

const world = new World();
const netns = world.netns("a");
let rules: Rules;

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));
beforeEach(async () => {
  rules = new Rules(world, netns);
  await rules.iptables("-F", "FORWARD");
});

/** Another program that keeps changing the chain: it inserts at the head and deletes, and leaves `count` rules. */
function busy(count: number, passing = "esp"): Promise<string> {
  const insert = (protocol: string) => `iptables -w -I FORWARD -p ${protocol} -j RETURN`;
  const away = `iptables -w -D FORWARD -p ${passing} -j RETURN`;
  return world.script(netns, `for i in $(seq ${count}); do ${insert("gre")}; ${insert(passing)}; ${away}; done`);
}

async function counted(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of await rules.shape()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

test("with other programs changing the chain, each of our rules is there once and in order, and all of theirs stay", async () => {
  const names = Array.from({ length: 8 }, (_, index) => `r${index}`);
  const wanted = Object.fromEntries(names.map((name, index) => [name, { priority: index * 10 }] as const));
  const unordered = Object.fromEntries(names.map((name) => [`${name}-loose`, {}] as const));
  const theirs = [busy(40), busy(40, "ipv6")];
  expect(await rules.up({ ...wanted, ...unordered })).toHaveLength(16);
  await Promise.all(theirs);
  expect(await counted()).toEqual({ "-p gre": 80, ...ones([...names, ...Object.keys(unordered)]) });
  expect((await rules.shape()).filter((name) => names.includes(name))).toEqual(names);
  expect(await rules.up({ ...wanted, ...unordered })).toEqual([]);
});

test("a rule is updated in its place, between two rules of others, while another program shifts the chain", async () => {
  await rules.iptables("-A", "FORWARD", "-p", "ah", "-j", "RETURN");
  await rules.up({ a: {} });
  await rules.iptables("-A", "FORWARD", "-p", "sctp", "-j", "RETURN");
  let going = true;
  let left = 0;
  async function shifting(): Promise<void> {
    // Without a pause, the place would change before each attempt on a busy machine.
    for (; going; left++) {
      await busy(1);
      await sleep(30);
    }
  }
  const theirs = shifting();
  try {
    for (let update = 1; update <= 4; update++) {
      expect(await rules.up({ a: { source: `10.0.0.${update}` } })).toEqual(["a"]);
      expect((await rules.shape()).slice(-3)).toEqual(["-p ah", "a", "-p sctp"]);
    }
  } finally {
    going = false;
    await theirs;
  }
  expect(await counted()).toEqual({ "-p gre": left, "-p ah": 1, a: 1, "-p sctp": 1 });
}, 120_000);

function ones(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 1]));
}

/** Makes the host fail at the first deletion, as if the connection broke. */
async function withoutDelete(body: () => Promise<unknown>): Promise<unknown> {
  const { run } = testHost();
  const spy = jest.spyOn(testHost(), "run").mockImplementation(async (argv, options) => {
    if (argv.includes("-D")) throw new Error("the connection broke");
    return run.call(testHost(), argv, options);
  });
  try {
    return await body();
  } finally {
    spy.mockRestore();
  }
}

const changed = { target: "DROP", source: "10.0.0.1" };

describe("an update that fails between the insertion of the new rule and the deletion of the old one", () => {
  let before: Values;
  let properties: Values | undefined;

  beforeEach(async () => {
    await rules.up({ first: { priority: 1 }, a: { priority: 5 }, last: { priority: 9 } });
    const had = rules.state.get("a");
    if (!had) throw new Error("not made");
    before = had.outputs;
    const inputs = rules.inputs("a", { priority: 5, ...changed });
    const half = () => update(kind, had.id, before, inputs, settings);
    const error = await withoutDelete(() => half().catch((thrown: { properties?: Values }) => thrown));
    properties = (error as { properties?: Values }).properties;
    expect((error as Error).message).toContain("the connection broke");
    expect(await rules.shape()).toEqual(["first", "a", "a", "last"]);
  });

  test("the next update keeps the new rule, by the state that the failure recorded", async () => {
    expect(properties).toBeDefined();
    await update(kind, "a", properties as Values, rules.inputs("a", { priority: 5, ...changed }), settings);
    expect(await rules.shape()).toEqual(["first", "a", "last"]);
    expect((await rules.lines())[1]).toMatch(/-s 10\.0\.0\.1\/32 .* -j DROP$/);
  });

  test("with the state from before, refresh shows that there are two, and one up leaves one of them", async () => {
    const refreshed = await read(kind, "a", before, settings);
    expect(refreshed?.outputs.target).toContain("; ");
    await rules.up({ first: { priority: 1 }, a: { priority: 5 }, last: { priority: 9 } });
    expect(await rules.shape()).toEqual(["first", "a", "last"]);
    expect((await rules.lines())[1]).toMatch(/-j ACCEPT$/);
  });

  test("destroy removes both", async () => {
    await rules.up({});
    expect(await rules.shape()).toEqual([]);
  });
});
