import { create } from "../../../provider/src/core/lifecycle";
import { iptablesRule as kind } from "../../../provider/src/kinds";
import { Rules } from "../support/rules";
import { settings, testHost, World } from "../support/world";

const world = new World();
const netns = world.netns("a");
let rules: Rules;
/** A rule in other words than iptables prints it, and the inputs for the same rule. */
const byHand =
  "-s 10.0.0.9/24 -p tcp --dport 80 -m conntrack --ctstate ESTABLISHED,NEW -m limit --limit 60/minute -j ACCEPT";
const inputs = {
  source: "10.0.0.9/24",
  protocol: "tcp",
  destinationPorts: 80,
  ctstate: ["NEW", "ESTABLISHED"],
  limit: { rate: "60/minute" },
};
const adopting = { ...inputs, adopt: true };

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));
beforeEach(async () => {
  rules = new Rules(world, netns);
  await rules.iptables("-F", "FORWARD");
});

/** Rules by hand. "*" is the rule that the inputs ask for, "P" another rule with that protocol. */
async function chain(...parts: string[]): Promise<void> {
  const words = (part: string) => (/^\w+$/.test(part) ? `-p ${part} -j ACCEPT` : part.replace("*", byHand));
  await world.script(netns, parts.map((part) => `iptables -A FORWARD ${words(part)}`).join(" && "));
}

test("takes over a rule that is as the inputs ask for, in its place, however it was written", async () => {
  await chain("gre", "*", "esp");
  const before = await rules.lines();
  expect(await rules.up({ a: adopting })).toEqual(["a"]);
  expect(await rules.shape()).toEqual(["-p gre", "a", "-p esp"]);
  expect((await rules.lines()).map((line) => line.replace(/ -m comment --comment \S+/, ""))).toEqual(before);
  expect(await rules.up({ a: adopting })).toEqual([]);
  await rules.up({});
  expect(await rules.shape()).toEqual(["-p gre", "-p esp"]);
});

test("takes over a rule with another comment, or with its matches in another order", async () => {
  await chain("gre", "-m comment --comment 'not ours -j DROP' *", "esp");
  await rules.up({ a: adopting });
  expect(await rules.shape()).toEqual(["-p gre", "a", "-p esp"]);
  const [first, second] = ["-m conntrack --ctstate NEW", "-p udp --dport 53"];
  await chain(`${first} ${second} -j DROP`, "gre");
  await rules.up({
    a: adopting,
    b: { protocol: "udp", destinationPorts: 53, ctstate: ["NEW"], target: "DROP", adopt: true },
  });
  expect(await rules.shape()).toEqual(["-p gre", "a", "-p esp", "b", "-p gre"]);
});

test("takes over the first of several", async () => {
  await chain("gre", "*", "esp", "*");
  const last = (await rules.lines()).at(-1);
  await rules.up({ a: adopting });
  expect((await rules.shape()).slice(0, 3)).toEqual(["-p gre", "a", "-p esp"]);
  expect(await rules.lines()).toHaveLength(4);
  expect((await rules.lines()).at(-1)).toBe(last);
});

test.each(["append", "insert"])(
  "where there is none, makes a new one by %s, and leaves what is nearly the same",
  async (position) => {
    const near = [
      "* -m mark --mark 1",
      "*".replace("*", byHand.replace("--dport 80", "--dport 81")),
      byHand.replace("-s ", "! -s "),
      byHand.replace("ACCEPT", "DROP"),
    ];
    await chain("gre", ...near);
    const before = await rules.lines();
    await rules.up({ a: { ...adopting, position } });
    const isMarked = (line: string) => line.includes("localnet:");
    expect((await rules.lines()).filter((line) => !isMarked(line))).toEqual(before);
    expect((await rules.lines()).findIndex(isMarked)).toBe(position === "append" ? before.length : 0);
  },
);

test("a rule of another resource is never taken over, and two resources never take the same rule", async () => {
  await rules.up({ a: inputs });
  await chain("*");
  const theirs = new Rules(world, netns, "FORWARD", "lntother");
  await theirs.up({ b: adopting, c: adopting });
  const marks = (await rules.lines()).map((line) => /localnet:\S+\/([abc])\b/.exec(line)?.[1]);
  expect([...marks].sort()).toEqual(["a", "b", "c"]);
});

test("without adopt, rules of others are neither changed nor counted", async () => {
  await chain("*", "gre", "*");
  const before = await rules.lines();
  await rules.up({ a: inputs });
  expect((await rules.lines()).slice(0, 3)).toEqual(before);
  expect((await rules.shape())[3]).toBe("a");
  await rules.up({});
  expect(await rules.lines()).toEqual(before);
});

test("with a priority, a rule that is taken over is put in order", async () => {
  await chain("*");
  await rules.up({ low: { priority: 1 } });
  await chain("gre");
  await rules.up({ low: { priority: 1 }, a: { ...adopting, priority: 2 } });
  expect(await rules.shape()).toEqual(["low", "a", "-p gre"]);
});

test.each([1, 2, 3, 4, 5, 6, 7])(
  "broken off at command %i, the next create with adopt ends as it should",
  async (stop) => {
    await chain("gre", "*", "esp");
    const wanted = rules.inputs("a", adopting);
    const { run } = testHost();
    let count = 0;
    const spy = jest.spyOn(testHost(), "run").mockImplementation(async (argv, options) => {
      if (++count > stop) throw new Error("the connection broke");
      return run.call(testHost(), argv, options);
    });
    await create(kind, wanted, settings).catch(() => undefined);
    spy.mockRestore();
    await create(kind, wanted, settings);
    expect(await rules.shape()).toEqual(["-p gre", "a", "-p esp"]);
  },
);
