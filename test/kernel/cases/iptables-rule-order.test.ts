import type { Values } from "../../../provider/src/core/check";
import { Rules } from "../support/rules";
import { World } from "../support/world";

const world = new World();
const netns = world.netns("a");
let rules: Rules;
const ordered = { a: { priority: 10 }, b: { priority: 20 }, c: { priority: 30 }, d: { priority: 40, target: "DROP" } };
const names = Object.keys(ordered);
/** Protocols that identify the rules of others. No rule of ours has them. */
const others = ["igmp", "ipv6", "gre", "esp", "ah", "sctp", "udplite"];

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));
beforeEach(async () => {
  rules = new Rules(world, netns);
  await rules.iptables("-F", "FORWARD");
});

async function byAnother(position: string, protocol: string | undefined, target = "RETURN"): Promise<void> {
  await rules.iptables(...position.split(" "), "-p", String(protocol), "-j", target);
}

async function ourRules(): Promise<string[]> {
  return (await rules.shape()).filter((name) => names.includes(name));
}

async function stable(wanted: Record<string, Values>): Promise<void> {
  const before = await rules.lines();
  expect(await rules.up(wanted)).toEqual([]);
  expect(await rules.lines()).toEqual(before);
}

test.each(["append", "insert"])(
  "rules with a priority stand in its order, made all at once by %s",
  async (position) => {
    const wanted = Object.fromEntries(
      Object.entries(ordered).map(([name, values]) => [name, { ...values, position }] as const),
    );
    for (const sequence of [names, [...names].reverse(), ["c", "a", "d", "b"]]) {
      await rules.iptables("-F", "FORWARD");
      expect(await rules.up(Object.fromEntries(sequence.map((name) => [name, wanted[name] as Values])))).toEqual(names);
      expect(await ourRules()).toEqual(names);
    }
    await stable(wanted);
  },
);

test.each(names)("%s, removed by hand, is made again in its place by the next up", async (name) => {
  await rules.up(ordered);
  await rules.cut(name);
  expect(await rules.up(ordered)).toEqual([name]);
  expect(await rules.shape()).toEqual(names);
});

test("several neighbouring rules, removed by hand, are made again in their places by one up", async () => {
  await rules.up(ordered);
  for (const name of ["a", "b"]) await rules.cut(name);
  expect(await rules.up(ordered)).toEqual(["a", "b"]);
  expect(await rules.shape()).toEqual(names);
});

test("a chain that was flushed by hand is made again in order", async () => {
  await rules.up(ordered);
  await rules.iptables("-F", "FORWARD");
  await byAnother("-A FORWARD", "gre");
  expect(await rules.up(ordered)).toEqual(names);
  expect(await rules.shape()).toEqual(["-p gre", ...names]);
});

test("an update in the middle happens in place, between rules of others", async () => {
  await rules.up(ordered);
  await byAnother("-I FORWARD 2", "igmp");
  await byAnother("-I FORWARD 4", "esp");
  const before = await rules.shape();
  expect(before).toEqual(["a", "-p igmp", "b", "-p esp", "c", "d"]);
  const changed = { ...ordered, b: { priority: 20, source: "10.0.0.0/8", target: "DROP" } };
  expect(await rules.up(changed)).toEqual(["b"]);
  expect(await rules.shape()).toEqual(before);
  await stable(changed);
});

test("another priority moves a rule, down and up again", async () => {
  await rules.up(ordered);
  await rules.up({ ...ordered, a: { priority: 35 } });
  expect(await rules.shape()).toEqual(["b", "c", "a", "d"]);
  await rules.up({ ...ordered, a: { priority: 5 } });
  expect(await rules.shape()).toEqual(names);
});

test("a rule without priority stays where it is, and does not move those with one", async () => {
  const wanted = { z: {}, ...ordered };
  await rules.up({ z: {} });
  await rules.up(wanted);
  expect(await rules.shape()).toEqual(["z", ...names]);
  await rules.cut("z");
  await rules.up(wanted);
  expect(await rules.shape()).toEqual([...names, "z"]);
});

test("rules of another program are ignored", async () => {
  const theirs = new Rules(world, netns, "FORWARD", "lntother");
  await theirs.up({ high: { priority: 90 }, low: { priority: 1 } });
  await rules.up({ b: { priority: 20 } });
  expect((await rules.shape()).at(-1)).toBe("b");
  expect(await theirs.up({ high: { priority: 90 }, low: { priority: 1 } })).toEqual([]);
});

test("refresh shows a rule that was moved by hand, and one up puts it back in order", async () => {
  await rules.up(ordered);
  const line = (await rules.lines())[0] ?? "";
  await rules.cut("a");
  await world.script(netns, `iptables ${line}`);
  expect(await rules.shape()).toEqual(["b", "c", "d", "a"]);
  expect(await rules.up(ordered)).toEqual(["a"]);
  expect(await rules.shape()).toEqual(names);
});

test("after others remove, move and insert rules, one up restores the order and does not change theirs", async () => {
  let random = 20261122;
  const below = (limit: number) => {
    random = (random * 1103515245 + 12345) % 2147483648;
    return Math.floor((random / 2147483648) * limit);
  };
  await rules.up(ordered);
  for (let round = 0; round < 15; round++) {
    for (let deed = 0; deed <= below(4); deed++) {
      const lines = await rules.lines();
      const [place, to] = [below(lines.length), 1 + below(lines.length)];
      const line = lines[place] ?? "";
      if (line.includes("localnet:")) {
        await rules.iptables("-D", "FORWARD", String(place + 1));
        if (below(2))
          await world.script(
            netns,
            `iptables ${line.replace("-A FORWARD", `-I FORWARD ${Math.min(to, lines.length)}`)}`,
          );
      }
      await byAnother(`-I FORWARD ${to}`, others[below(others.length)]);
    }
    const theirs = (await rules.lines()).filter((line) => !line.includes("localnet:"));
    await rules.up(ordered);
    expect(await ourRules()).toEqual(names);
    expect((await rules.lines()).filter((line) => !line.includes("localnet:"))).toEqual(theirs);
    await stable(ordered);
  }
});
