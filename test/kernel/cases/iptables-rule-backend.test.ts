import { read, remove, update } from "../../../provider/src/core/lifecycle";
import { iptablesRule as kind } from "../../../provider/src/kinds";
import { failure } from "../support/contract";
import { lack } from "../support/features";
import { Rules } from "../support/rules";
import { settings, World } from "../support/world";

const world = new World();
const reason = lack("both backends of iptables");
const suite = reason ? describe.skip : describe;

suite(`IptablesRule: the two backends${reason ? ` (${reason})` : ""}`, () => {
  const backends = { nf_tables: "iptables-nft", legacy: "iptables-legacy" } as const;
  let hostBackend: keyof typeof backends;
  let other: keyof typeof backends;
  let netns: string;
  let rules: Rules;
  let count = 0;

  beforeAll(async () => {
    hostBackend = (await world.run("iptables", "-V")).includes("legacy") ? "legacy" : "nf_tables";
    other = hostBackend === "legacy" ? "nf_tables" : "legacy";
  });
  // Each test has its own namespace, since a table that the legacy backend has made stays.
  beforeEach(async () => {
    netns = world.netns(`n${count++}`);
    await world.addNetns(netns);
    rules = new Rules(world, netns);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  const inOther = (...args: string[]) => world.runIn(netns, backends[other], "-w", ...args);

  /** Makes a rule in the other backend, as if that had been the host's at that time. */
  async function moved() {
    await rules.up({ a: {} });
    const [line = ""] = await rules.lines();
    await rules.cut("a");
    await world.script(netns, `${backends[other]} ${line}`);
    const had = rules.state.get("a");
    if (!had) throw new Error("not made");
    return { id: had.id, outputs: { ...had.outputs, backend: other }, line };
  }

  test("it waits for another program's lock on all rules, which only the legacy backend has", async () => {
    const seconds = 3;
    const holder = world.run("flock", "/run/xtables.lock", "sleep", String(seconds));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const began = Date.now();
    await rules.up({ a: {} });
    const waited = Date.now() - began > (seconds - 1) * 1000;
    expect(waited).toBe(hostBackend === "legacy");
    expect(await rules.lines()).toHaveLength(1);
    await holder;
  });

  test("the backend in use is an output", async () => {
    await rules.up({ a: {} });
    expect(rules.state.get("a")?.outputs).toMatchObject({ backend: hostBackend });
  });

  test.each(["FORWARD", "INPUT"])(
    "where the other holds a rule in %s, create refuses to mix them, and names both",
    async (chain) => {
      await inOther("-A", chain, "-j", "ACCEPT");
      const error = await failure(() => rules.up({ a: {} }));
      expect(error).toMatchObject({ code: "LN_BACKEND" });
      for (const name of [hostBackend, other]) expect(error.message).toContain(name);
      expect(error.message).toContain(`${backends[other]}-save`);
      expect(await rules.lines()).toEqual([]);
    },
  );

  test("tables of the other backend without rules are accepted", async () => {
    await inOther("-A", "FORWARD", "-j", "ACCEPT");
    await inOther("-D", "FORWARD", "-j", "ACCEPT");
    expect(await rules.up({ a: {} })).toEqual(["a"]);
  });

  test("a rule in the other backend is found there, not changed, and can be destroyed", async () => {
    const { id, outputs, line } = await moved();
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    const error = await failure(() => update(kind, id, outputs, rules.inputs("a", { target: "DROP" }), settings));
    expect(error).toMatchObject({ code: "LN_BACKEND" });
    expect(error.message).toContain(other);
    expect(await inOther("-S", "FORWARD")).toContain(line);
    expect(await rules.lines()).toEqual([]);
    await remove(kind, id, outputs, settings);
    expect(await inOther("-S", "FORWARD")).not.toContain("-A");
    await remove(kind, id, outputs, settings);
  });

  test("a rule in the other backend that was removed with it is gone", async () => {
    const { id, outputs } = await moved();
    await inOther("-F", "FORWARD");
    expect(await read(kind, id, outputs, settings)).toBeUndefined();
    const made = await update(kind, id, outputs, rules.inputs("a", {}), settings);
    expect(made.backend).toBe(hostBackend);
    expect(await rules.shape()).toEqual(["a"]);
  });

  test("a rule that was moved by hand from the other backend into this one is still ours", async () => {
    const { id, outputs, line } = await moved();
    await inOther("-F", "FORWARD");
    await world.script(netns, `iptables ${line}`);
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual({ ...outputs, backend: hostBackend });
    await remove(kind, id, outputs, settings);
    expect(await rules.lines()).toEqual([]);
  });
});
