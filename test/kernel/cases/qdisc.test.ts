import type { Values } from "../../../provider/src/core/check";
import { qdisc as kind } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { everyDrift, everyInput } from "../support/inputs";
import { plumb, readQdisc } from "../support/qdiscs";

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
