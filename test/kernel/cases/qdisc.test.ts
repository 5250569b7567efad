import { check, type Values } from "../../../provider/src/core/check";
import { create, remove, update } from "../../../provider/src/core/lifecycle";
import { qdisc as kind } from "../../../provider/src/kinds";
import { qdiscObjects } from "../../../provider/src/tools/objects/traffic";
import { beyond, contract, failure } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { plumb, readQdisc } from "../support/qdiscs";
import { hostUrl, settings, testHost, World } from "../support/world";

contract("that limits a rate", (world) => {
  const netns = world.netns("a");
  const tc = (words: string) => world.script(netns, `tc qdisc ${words}`);
  const tbf = { rateKbit: 1000, burstBytes: 32768, latencyMs: 10 };
  const words = "tbf rate 1mbit burst 32768b latency 10ms";
  return {
    kind,
    marked: false,
    prepare: () => plumb(world, netns),
    inputs: { device: "d0", netns, kind: "tbf", tbf },
    actual: () => readQdisc(world, netns, "d0"),
    expected: ({ tbf, handle = "1:" }: Values) => {
      const { rateKbit, burstBytes, latencyMs } = tbf as Record<string, number>;
      const rate = rateKbit === 1000 ? "1Mbit" : `${rateKbit}Kbit`;
      const burst = burstBytes === 32768 ? "32Kb" : `${burstBytes}b`;
      return { words: `tbf ${handle} root rate ${rate} burst ${burst} lat ${latencyMs}ms` };
    },
    updates: [
      { what: "a slow one", change: { tbf: { rateKbit: 8, burstBytes: 1600, latencyMs: 50 } } },
      { what: "another latency", change: { tbf: { rateKbit: 8, burstBytes: 1600, latencyMs: 400 } } },
      { what: "as before", change: { tbf } },
    ],
    replaces: { device: "other", netns: "other", kind: "htb", parent: "1:1", handle: "2:" },
    drifts: [
      { what: "rate", input: "tbf.rateKbit", by: () => tc(`change dev d0 root ${words.replace("1mbit", "9kbit")}`) },
      { what: "burst", input: "tbf.burstBytes", by: () => tc(`change dev d0 root ${words.replace("32768", "9999")}`) },
      {
        what: "a rate of peaks, for which there is no input",
        input: "tbf",
        by: () => tc(`change dev d0 root ${words} peakrate 2mbit mtu 1600`),
      },
    ],
    ignores: [
      { what: "one for incoming packets", by: () => tc("add dev d0 ingress") },
      { what: "one inside", by: () => tc("add dev d0 parent 1:1 handle 7: pfifo") },
    ],
    vanish: () => tc("del dev d0 root"),
    parent: () => world.run("ip", "-n", netns, "link", "del", "dev", "d0"),
    foreign: {
      make: () => tc(`add dev d0 root handle 1: ${words}`),
      differ: () => tc(`change dev d0 root ${words.replace("10ms", "20ms")}`),
      remove: () => tc("del dev d0 root"),
    },
    faults: {
      tool: "tc",
      obstacle: {
        what: "another one at its place",
        op: "create",
        make: () => tc("add dev d0 root handle 9: pfifo"),
        message: () => /belongs to a queueing discipline of kind pfifo/,
        clear: () => tc("del dev d0 root"),
      },
      impossible: { "no kernel module": "`tc` asks for it as for an impairment, whose case shows the error" },
    },
  };
});

contract("that shares a rate among classes", (world) => {
  const netns = world.netns("a");
  const tc = (words: string) => world.script(netns, `tc ${words}`);
  const [top, one, two] = [
    { classid: "1:1", rateKbit: 1000 },
    { classid: "1:10", parent: "1:1", rateKbit: 500, ceilKbit: 800, priority: 3 },
    { classid: "1:a0", parent: "1:1", rateKbit: 400 },
  ];
  return {
    kind,
    marked: false,
    prepare: () => plumb(world, netns),
    inputs: { device: "d0", netns, kind: "htb", htb: { default: "10", classes: [two, top, one] } },
    async actual() {
      const there = await readQdisc(world, netns, "d0");
      if (!there) return undefined;
      const lines = (await world.script(netns, "tc class show dev d0")).split("\n").filter(Boolean);
      const line = /^class (htb \S+ (?:root|parent \S+) )(?:leaf \S+ )?(?:prio (\d+) )?(rate \S+ ceil \S+)/;
      const classes = lines.map((each) => {
        const [, first = "", prio = "0", rates = ""] = line.exec(each) ?? [];
        return `${first}prio ${prio} ${rates}`;
      });
      return { words: String(there.words).replace(/ direct.*/, ""), classes: classes.sort() };
    },
    expected: ({ htb }: Values) => {
      const { default: minor, classes = [] } = (htb ?? {}) as Values;
      const rate = (kbit: unknown) => (Number(kbit) % 1000 === 0 ? `${Number(kbit) / 1000}Mbit` : `${kbit}Kbit`);
      const text = ({ classid, parent, rateKbit, ceilKbit, priority }: Values) =>
        `htb ${classid} ${parent ? `parent ${parent}` : "root"} prio ${priority ?? 0} rate ${rate(rateKbit)} ceil ${rate(ceilKbit ?? rateKbit)}`;
      return {
        words: `htb 1: root r2q 10 default ${minor ? `0x${minor}` : "0"}`,
        classes: (classes as Values[]).map(text).sort(),
      };
    },
    updates: [
      {
        what: "other rates",
        change: {
          htb: { default: "10", classes: [{ ...top, rateKbit: 2000 }, { ...one, ceilKbit: 500, priority: 0 }, two] },
        },
      },
      {
        what: "another class, and one less",
        change: { htb: { default: "10", classes: [top, two, { classid: "1:20", parent: "1:a0", rateKbit: 100 }] } },
      },
      {
        what: "one elsewhere, with what is below",
        change: {
          htb: {
            default: "10",
            classes: [top, { classid: "1:a0", rateKbit: 400 }, { classid: "1:20", parent: "1:a0", rateKbit: 100 }],
          },
        },
      },
      { what: "no classes", change: { htb: { default: "10" } } },
      { what: "all of them", change: { htb: { default: "10", classes: [one, two, top] } } },
    ],
    replaces: { "htb.default": "20" },
    drifts: [
      {
        what: "rate",
        input: "htb.classes",
        by: () => tc("class change dev d0 parent 1:1 classid 1:10 htb rate 9kbit ceil 800kbit prio 3"),
      },
      { what: "one less", input: "htb.classes", by: () => tc("class del dev d0 classid 1:a0") },
      {
        what: "one more",
        input: "htb.classes",
        by: () => tc("class add dev d0 parent 1:1 classid 1:30 htb rate 1kbit"),
      },
    ],
    ignores: [{ what: "one inside", by: () => tc("qdisc add dev d0 parent 1:10 handle 7: pfifo") }],
    vanish: () => tc("qdisc del dev d0 root"),
    parent: { none: "as in the first case" },
    foreign: {
      async make() {
        await tc("qdisc add dev d0 root handle 1: htb default 10");
        await tc("class add dev d0 parent 1: classid 1:1 htb rate 1mbit");
        await tc("class add dev d0 parent 1:1 classid 1:10 htb rate 500kbit ceil 800kbit prio 3");
        await tc("class add dev d0 parent 1:1 classid 1:a0 htb rate 400kbit");
      },
      differ: () => tc("class del dev d0 classid 1:a0"),
      remove: () => tc("qdisc del dev d0 root"),
    },
    faults: { tool: "tc", obstacle: { none: "as in the first case" } },
  };
});

contract("for incoming packets", (world) => {
  const netns = world.netns("a");
  const tc = (words: string) => world.script(netns, `tc qdisc ${words}`);
  return {
    kind,
    marked: false,
    prepare: () => plumb(world, netns),
    inputs: { device: "d0", netns, kind: "ingress" },
    actual: () => readQdisc(world, netns, "d0", "ingress"),
    expected: () => ({ words: expect.stringMatching(/^ingress ffff: parent ffff:fff1/) }),
    updates: [],
    replaces: { kind: "clsact" },
    drifts: [],
    ignores: [{ what: "the root", by: () => tc("add dev d0 root handle 1: pfifo") }],
    vanish: () => tc("del dev d0 ingress"),
    parent: { none: "as in the first case" },
    foreign: {
      make: () => tc("add dev d0 ingress"),
      differ: { none: "it has no inputs" },
      remove: () => tc("del dev d0 ingress"),
    },
    faults: { tool: "tc", obstacle: { none: "as in the first case" } },
  };
});

contract("in a class", (world) => {
  const netns = world.netns("a");
  const tc = (words: string) => world.script(netns, `tc qdisc ${words}`);
  const tbf = { rateKbit: 8, burstBytes: 1600, latencyMs: 50 };
  return {
    kind,
    marked: false,
    async prepare() {
      await plumb(world, netns);
      await tc("add dev d0 root handle 1: htb");
      await world.script(netns, "tc class add dev d0 parent 1: classid 1:10 htb rate 1mbit");
    },
    inputs: { device: "d0", netns, kind: "tbf", parent: "1:10", tbf },
    actual: () => readQdisc(world, netns, "d0", "parent 1:10"),
    expected: ({ tbf }: Values) => ({
      words: `tbf 10: parent 1:10 rate 8Kbit burst 1600b lat ${(tbf as Values).latencyMs}ms`,
    }),
    updates: [{ what: "another latency", change: { tbf: { ...tbf, latencyMs: 100 } } }],
    replaces: { parent: "1:20" },
    drifts: [
      {
        what: "latency",
        input: "tbf.latencyMs",
        by: () => tc("change dev d0 parent 1:10 tbf rate 8kbit burst 1600b latency 9ms"),
      },
    ],
    ignores: [],
    vanish: () => tc("del dev d0 parent 1:10"),
    parent: () => tc("del dev d0 root"),
    foreign: {
      make: () => tc("add dev d0 parent 1:10 handle 10: tbf rate 8kbit burst 1600b latency 50ms"),
      differ: { none: "as in the first case" },
      remove: () => tc("del dev d0 parent 1:10"),
    },
    faults: { tool: "tc", obstacle: { none: "as in the first case" } },
  };
});

const others = ["fq", "fqCodel", "prio", "netem"];
everyInput(kind, others);
everyDrift(kind, Object.fromEntries(others.map((key) => [key, "in cases of its own, which not every kernel can run"])));

beyond("Qdisc: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("a");
  const inputs = (values: Values) =>
    check(kind, { device: "d0", netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  beforeAll(async () => {
    await world.build();
    await plumb(world, netns);
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("rates and bursts that the kernel rounds are taken, and a second update changes nothing", async () => {
    for (const tbf of [
      { rateKbit: 1_000_000, burstBytes: 10_000, latencyMs: 0.5 },
      { rateKbit: 100_000_000, burstBytes: 12_345_678, latencyMs: 50 },
      { rateKbit: 7, burstBytes: 1601, latencyMs: 33.33 },
    ]) {
      const { id, outputs } = await create(kind, inputs({ kind: "tbf", tbf }), settings);
      expect(await update(kind, id, outputs, inputs({ kind: "tbf", tbf }), settings)).toEqual(outputs);
      await remove(kind, id, outputs, settings);
    }
  });

  test("one of another kind that took its place is left alone", async () => {
    const { id, outputs } = await create(kind, inputs({ kind: "htb" }), settings);
    await world.script(netns, "tc qdisc replace dev d0 root handle 5: pfifo");
    const error = await failure(() => update(kind, id, outputs, inputs({ kind: "htb", htb: {} }), settings));
    expect(error.code).toBe("LN_EXISTS");
    await remove(kind, id, outputs, settings);
    expect(await readQdisc(world, netns, "d0")).toMatchObject({ words: expect.stringContaining("pfifo 5:") });
    await world.script(netns, "tc qdisc del dev d0 root");
  });

  test("a link without a queue stays without: the kernel gives it one with the first discipline", async () => {
    await world.run("ip", "-n", netns, "link", "set", "dev", "d0", "txqueuelen", "0");
    const { id, outputs } = await create(kind, inputs({ kind: "htb" }), settings);
    const [link] = JSON.parse(await world.run("ip", "-n", netns, "-j", "link", "show", "dev", "d0"));
    expect(link.txqlen ?? 0).toBe(0);
    await remove(kind, id, outputs, settings);
  });

  const tbf = { rateKbit: 8, burstBytes: 1600, latencyMs: 50 };
  test.each<[Values, string, string]>([
    [{ kind: "tbf" }, "tbf", "must be given for kind tbf"],
    [{ kind: "tbf", tbf: { rateKbit: 8, latencyMs: 1 } }, "tbf.burstBytes", "must be a whole number"],
    [{ kind: "tbf", tbf, htb: {} }, "htb", "must not be given for kind tbf"],
    [{ kind: "tbf", tbf: { ...tbf, burstBytes: 4_000_000 } }, "tbf.burstBytes", "must be at most what is sent in 270"],
    [{ kind: "ingress", parent: "1:1" }, "parent", "must not be given for kind ingress"],
    [{ kind: "clsact", handle: "1:" }, "handle", "must not be given for kind clsact"],
    [{ kind: "tbf", tbf, parent: "1:1" }, "handle", "must be given, and differ"],
    [{ kind: "htb", handle: "157:" }, "handle", "must not be 157:"],
    [{ kind: "htb", htb: { classes: [{ classid: "2:1", rateKbit: 1 }] } }, "htb.classes", "must have 1: before"],
    [
      { kind: "htb", htb: { classes: [{ classid: "1:1", parent: "1:2", rateKbit: 1 }] } },
      "htb.classes",
      "must have the parent 1:2",
    ],
    [
      { kind: "htb", htb: { classes: [{ classid: "1:1", parent: "1:1", rateKbit: 1 }] } },
      "htb.classes",
      "must not have a class above itself",
    ],
    [
      { kind: "htb", htb: { classes: [{ classid: "1:1", rateKbit: 2, ceilKbit: 1 }] } },
      "htb.classes",
      "must not have a ceilKbit below",
    ],
    [
      { kind: "htb", htb: { classes: [{ classid: "1:1", rateKbit: 1_000_001 }] } },
      "htb.classes.0.rateKbit",
      "must be a multiple of 1000",
    ],
    [{ kind: "prio", prio: { bands: 2 } }, "prio.priomap", "must name bands below"],
    [{ kind: "netem", netem: { jitterMs: 2 } }, "netem.jitterMs", "needs delayMs"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const { failures } = check(kind, { device: "d0", owner: world.owner, ...values });
    expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
  });
});

beyond("Qdisc: with a block of filters", () => {
  const world = new World();
  const netns = world.netns("b");
  beforeAll(() => world.build());
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("it is not listed as one without, and told as left out", async () => {
    await world.script(netns, "ip link add d0 type veth peer name d1; tc qdisc add dev d0 ingress_block 7 ingress");
    expect(await kind.imports?.list?.(testHost(), netns)).toEqual([]);
    const objects = await qdiscObjects.read(testHost(), netns);
    expect(objects).toContainEqual({
      what: "qdisc ingress dev d0",
      why: expect.stringContaining("block"),
      coveredBy: [],
    });
    const inputs = { device: "d0", netns, kind: "ingress", owner: world.owner, ...(hostUrl && { host: hostUrl }) };
    expect(await failure(() => create(kind, { ...inputs, adopt: true }, settings))).toMatchObject({
      code: "LN_EXISTS",
    });
  });
});
