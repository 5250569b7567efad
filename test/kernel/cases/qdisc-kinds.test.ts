import type { Values } from "../../../provider/src/core/check";
import { qdisc as kind } from "../../../provider/src/kinds";
import type { Case, Update } from "../support/case";
import { contract } from "../support/contract";
import type { Feature } from "../support/features";
import { plumb, readQdisc } from "../support/qdiscs";

interface Discipline {
  readonly name: "fq" | "fq_codel" | "prio" | "netem";
  readonly options: Values;
  /** Its options as `tc` prints them. */
  words(options: Values): string;
  readonly updates: readonly Update[];
  readonly drift: { readonly input: string; readonly words: string };
  readonly replaces?: Values;
}

const keyOf = (name: string) => name.replace(/_(.)/, (_, letter: string) => letter.toUpperCase());
const priomap = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 3];

const disciplines: readonly Discipline[] = [
  {
    name: "fq",
    options: { limit: 500, flowLimit: 7, maxRateKbit: 100 },
    words: ({ limit = 10000, flowLimit = 100, maxRateKbit }) =>
      `limit ${limit}p flow_limit ${flowLimit}p .*${maxRateKbit ? ` maxrate ${maxRateKbit}Kbit ` : "initial_quantum \\d+b? low"}`,
    updates: [
      { what: "no rate", change: { fq: { limit: 500 } } },
      { what: "a rate", change: { fq: { maxRateKbit: 900 } } },
      { what: "taken away", change: { fq: undefined } },
      { what: "again", change: { fq: { limit: 500, flowLimit: 7, maxRateKbit: 100 } } },
    ],
    drift: { input: "fq.limit", words: "limit 9" },
  },
  {
    name: "fq_codel",
    options: { limit: 100, flows: 64, targetMs: 2.5, intervalMs: 33.33, ecn: false },
    words: ({ limit = 10240, flows = 1024, targetMs = 5, ecn = true }) => {
      const target = targetMs === 2.5 ? "2.5ms" : `${targetMs}ms`;
      return `limit ${limit}p flows ${flows} .*target (${target}|\\d+us) .*${ecn ? "ecn" : "[^n]*$"}`;
    },
    updates: [
      { what: "marks", change: { fqCodel: { flows: 64, ecn: true } } },
      { what: "none", change: { fqCodel: { flows: 64, ecn: false, limit: 77 } } },
    ],
    drift: { input: "fqCodel.limit", words: "limit 9" },
    replaces: { "fqCodel.flows": 65 },
  },
  {
    name: "prio",
    options: { bands: 4, priomap },
    words: ({ bands = 3, priomap = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1] }) =>
      `bands ${bands} priomap ${(priomap as number[]).join(" ")}`,
    updates: [
      { what: "more bands", change: { prio: { bands: 16 } } },
      { what: "taken away", change: { prio: undefined } },
      { what: "again", change: { prio: { bands: 5, priomap } } },
    ],
    drift: { input: "prio.bands", words: "bands 7" },
  },
  {
    name: "netem",
    options: { delayMs: 100, lossPercent: 1 },
    words: ({ delayMs, lossPercent }) =>
      ["limit 1000", delayMs && `delay ${delayMs}ms`, lossPercent && `loss ${lossPercent}%`].filter(Boolean).join(" "),
    updates: [
      { what: "losses alone", change: { netem: { lossPercent: 2 } } },
      { what: "taken away", change: { netem: undefined } },
      { what: "a delay", change: { netem: { delayMs: 20 } } },
    ],
    drift: { input: "netem.delayMs", words: "delay 9ms" },
  },
];

for (const { name, options, words, updates, drift, replaces = {} } of disciplines) {
  contract(name, (world): Case => {
    const netns = world.netns("a");
    const key = keyOf(name);
    const tc = (text: string) => world.script(netns, `tc qdisc ${text}`);
    return {
      ...{ kind, marked: false, needs: (name === "netem" ? "netem" : `qdisc ${name}`) as Feature },
      prepare: () => plumb(world, netns),
      inputs: { device: "d0", netns, kind: name, [key]: options },
      actual: () => readQdisc(world, netns, "d0"),
      expected: (values: Values) => ({
        words: expect.stringMatching(new RegExp(`^${name} 1: root ${words((values[key] ?? {}) as Values)}`)),
      }),
      updates,
      replaces,
      drifts: [{ what: drift.words, input: drift.input, by: () => tc(`change dev d0 root ${name} ${drift.words}`) }],
      ignores: [],
      vanish: () => tc("del dev d0 root"),
      parent: { none: "as for tbf" },
      foreign: { none: "as for tbf" },
      faults: { tool: "tc", obstacle: { none: "as for tbf" } },
    };
  });
}
