import type { Values } from "../../../provider/src/core/check";
import { check } from "../../../provider/src/core/check";
import { bridge, pod, vethPair } from "../../../provider/src/kinds";
import { contract } from "../support/contract";
import { readRootQdisc } from "../support/qdiscs";

/** The root queueing discipline for the input, as `tc` prints it; the kernel's own if it is not set. */
function expectedRoot(input: unknown): string {
  if (input === undefined) return "qdisc noqueue 0: root";
  const { delayMs, jitterMs, delayCorrelationPercent, rateKbit, limit = 1000, ...others } = input as Values;
  const chance = (word: string) => (others[`${word}Percent`] ? [`${word} ${others[`${word}Percent`]}%`] : []);
  const vary = [jitterMs && `${jitterMs}ms`, delayCorrelationPercent && `${delayCorrelationPercent}%`];
  return [
    `qdisc netem 157: root limit ${limit}`,
    ...(delayMs ? ["delay", `${delayMs}ms`, ...vary.filter(Boolean)] : []),
    ...["loss", "duplicate", "reorder", "corrupt"].flatMap(chance),
    ...(rateKbit ? [`rate ${rateKbit}Kbit`] : []),
    ...(others.reorderPercent ? ["gap 1"] : []),
  ].join(" ");
}

const all = {
  ...{ delayMs: 100, jitterMs: 10, delayCorrelationPercent: 25, lossPercent: 0.3, duplicatePercent: 1 },
  ...{ corruptPercent: 0.1, reorderPercent: 5, rateKbit: 1234, limit: 77 },
};

contract("whose ends impair what they send", (world) => {
  const [netns, other] = [world.netns("a"), world.netns("b")];
  const [name, far] = [world.name("v"), world.name("w")];
  const tc = (...args: string[]) => world.script(netns, `tc qdisc ${args.join(" ")}`);
  return {
    ...{ kind: vethPair, needs: "netem" },
    inputs: { name, netns, impairment: all, peer: { name: far, netns: other, impairment: { delayMs: 20 } } },
    async actual() {
      const [near, peer] = [await readRootQdisc(world, netns, name), await readRootQdisc(world, other, far)];
      return near === undefined ? undefined : { near, peer };
    },
    expected: ({ impairment, peer }: Values) => ({
      near: expectedRoot(impairment),
      peer: expectedRoot((peer as Values).impairment),
    }),
    updates: [
      { what: "others", change: { impairment: { ...all, delayMs: 50, lossPercent: 100, rateKbit: 8, limit: 1 } } },
      { what: "most taken away", change: { impairment: { lossPercent: 2 } } },
      { what: "all taken away, but netem itself", change: { impairment: {} } },
      { what: "taken away", change: { impairment: undefined } },
      { what: "a delay alone", change: { impairment: { delayMs: 30 } } },
      { what: "at one end", change: { peer: { name: far, netns: other } } },
    ],
    replaces: {},
    drifts: [
      {
        what: "another delay",
        input: "impairment.delayMs",
        by: () => tc("change", "dev", name, "root netem delay 9ms"),
      },
      {
        what: "losses",
        input: "impairment.lossPercent",
        by: () => tc("change", "dev", name, "root netem delay 30ms loss 3%"),
      },
      {
        what: "another netem",
        input: "impairment.delayMs",
        by: () => tc("replace", "dev", name, "root handle 7: netem"),
      },
      {
        what: "a chain of losses, for which there is no input",
        input: "impairment",
        by: () => tc("change", "dev", name, "root netem delay 30ms loss gemodel 1%"),
      },
      { what: "none", input: "impairment", by: () => tc("del", "dev", name, "root") },
    ],
    ignores: [
      {
        what: "a netem on an end that has no impairment",
        by: () => world.script(other, `tc qdisc add dev ${far} root netem`),
      },
    ],
    vanish: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    parent: { none: "as in the case of all inputs" },
    foreign: {
      async make() {
        const ip = (where: string, ...args: string[]) => world.run("ip", "-n", where, ...args);
        await ip(netns, "link", "add", "name", name, "type", "veth", "peer", "name", far, "netns", other);
        await ip(netns, "link", "set", "dev", name, "up");
        await ip(other, "link", "set", "dev", far, "up");
        const words = `limit 77 delay 100ms 10ms 25% loss 0.3% duplicate 1% corrupt 0.1% reorder 5% rate 1234kbit`;
        await tc("add", "dev", name, "root handle 157: netem", words);
        await world.script(other, `tc qdisc add dev ${far} root handle 157: netem delay 20ms`);
      },
      differ: () => tc("change", "dev", name, "root netem delay 7ms"),
      remove: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    },
    faults: {
      tool: "tc",
      obstacle: { none: "only another root discipline can be in the way: see below" },
    },
  };
});

contract("that impairs what it sends", (world) => {
  const netns = world.netns("a");
  const name = world.name("br");
  return {
    ...{ kind: bridge, needs: "netem" },
    inputs: { name, netns, up: false },
    actual: async () => {
      const root = await readRootQdisc(world, netns, name);
      return root === undefined ? undefined : { root };
    },
    // A link that was never up has no queueing discipline.
    expected: ({ impairment }: Values) => ({ root: impairment ? expectedRoot(impairment) : expect.any(String) }),
    updates: [
      { what: "a delay", change: { impairment: { delayMs: 1.6 } } },
      { what: "up", change: { up: true } },
      { what: "taken away", change: { impairment: undefined } },
      { what: "losses", change: { impairment: { lossPercent: 0.0001 * 3000 } } },
    ],
    replaces: {},
    drifts: [{ what: "none", input: "impairment", by: () => world.script(netns, `tc qdisc del dev ${name} root`) }],
    ignores: [],
    vanish: () => world.run("ip", "-n", netns, "link", "del", "dev", name),
    parent: { none: "as in the first case" },
    foreign: { none: "as in the first case" },
    faults: { tool: "tc", obstacle: { none: "as in the first case" } },
  };
});

contract("that impairs what it sends", (world) => {
  const netns = world.netns("a");
  const [name, bridge, link] = [world.netns("p"), world.name("br"), world.name("v")];
  return {
    ...{ kind: pod, needs: "netem" },
    async prepare() {
      await world.run("ip", "netns", "del", name);
      await world.run("ip", "-n", netns, "link", "add", "name", bridge, "up", "type", "bridge");
    },
    inputs: { name, netns, bridge, link, impairment: { delayMs: 100 } },
    async actual() {
      const there = await world.run("ip", "netns", "list");
      if (!there.includes(name)) return undefined;
      return { root: await readRootQdisc(world, name, "eth0") };
    },
    expected: ({ impairment }: Values) => ({ root: expectedRoot(impairment) }),
    updates: [
      { what: "losses", change: { impairment: { lossPercent: 7 } } },
      { what: "taken away", change: { impairment: undefined } },
      { what: "again", change: { impairment: { rateKbit: 10 } } },
    ],
    replaces: {},
    drifts: [{ what: "none", input: "impairment", by: () => world.script(name, "tc qdisc del dev eth0 root") }],
    ignores: [],
    vanish: () => world.run("ip", "netns", "del", name),
    parent: { none: "as in the case of all inputs" },
    foreign: { none: "as in the case of all inputs" },
    faults: { tool: "tc", obstacle: { none: "as in the first case" } },
  };
});

test.each([
  [{ jitterMs: 1 }, "impairment.jitterMs: needs delayMs"],
  [{ delayMs: 1, delayCorrelationPercent: 1 }, "impairment.delayCorrelationPercent: needs jitterMs"],
  [{ reorderPercent: 1 }, "impairment.reorderPercent: needs delayMs"],
  [{ lossPercent: 101 }, "impairment.lossPercent: must be 0 to 100"],
  [{ lossPercent: 0.00001 }, "impairment.lossPercent: must be in steps of 0.0001"],
  [{ delayMs: 0.001 }, "impairment.delayMs: must be in steps of 0.01, with 6 digits at most"],
  [{ delayMs: 12345.67 }, "impairment.delayMs: must be in steps of 0.01, with 6 digits at most"],
  [{ delayMs: 300_000 }, "impairment.delayMs: must be at most 270000"],
  [{ limit: 0 }, "impairment.limit: must be 1 to 4294967295"],
])("%j is refused: %s", (impairment, reason) => {
  const { failures } = check(bridge, { name: "br0", impairment, owner: "a/b/c" });
  expect(failures.map(({ reason }) => reason)).toEqual([reason]);
});
