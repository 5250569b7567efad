import { z } from "zod";
import { integer } from "../../schema/fields";
import { netemWords, parseNetem, roundMilliseconds } from "../../tools/netem";
import { netemInput } from "../links/impairment";
import { htbClasses } from "./htb-classes";

const count = (least: number, most: number) => integer(least, most);
const kbit = count(1, 1_000_000_000);
const milliseconds = z
  .number("must be a number of milliseconds")
  .min(0.01, "must be 0.01 to 270000")
  .max(270_000, "must be 0.01 to 270000")
  .refine((value) => roundMilliseconds(value) === value, "must be in steps of 0.01, with 6 digits at most");
const most32 = 0xffffffff;

/** Bytes a second. */
const bytesOf = (rateKbit: number) => rateKbit * 125;

const tbf = z
  .strictObject({
    /** Kilobits (1000 bits) a second that are sent at most. */
    rateKbit: kbit,
    /** Bytes that may be sent at once after a pause. Less than the largest packet lets none of those through. */
    burstBytes: count(1, most32),
    /** Milliseconds that a packet may wait, in steps of 0.01; others are lost. */
    latencyMs: milliseconds,
  })
  .superRefine(({ rateKbit, burstBytes, latencyMs }, { addIssue }) => {
    const issue = (path: string, message: string) => addIssue({ code: "custom", path: [path], message });
    if (burstBytes / bytesOf(rateKbit) > 270) issue("burstBytes", "must be at most what is sent in 270 seconds");
    if ((bytesOf(rateKbit) * latencyMs) / 1000 + burstBytes > most32)
      issue("latencyMs", "must be at most what lets 4294967295 bytes wait");
  });

const fq = z.strictObject({
  /** How many packets may wait. */
  limit: count(1, most32).default(10_000),
  /** How many packets of one flow may wait. */
  flowLimit: count(1, most32).default(100),
  /** Kilobits (1000 bits) a second of one flow at most. Default: no limit. */
  maxRateKbit: count(1, 34_359_738).optional(),
});

const fqCodel = z.strictObject({
  /** How many packets may wait. */
  limit: count(1, most32).default(10_240),
  /** Among how many queues the flows are spread. */
  flows: count(1, 65_536).default(1024),
  /** Milliseconds that packets may wait always, in steps of 0.01. */
  targetMs: milliseconds.default(5),
  /** Milliseconds over which that is looked at, in steps of 0.01. */
  intervalMs: milliseconds.default(100),
  /** Are packets marked (ECN), where they can be, and not dropped? */
  ecn: z.boolean().default(true),
});

const htb = z.strictObject({
  /** Number of the class for packets that no filter sends elsewhere, hexadecimal, such as `10` for 1:10. Default: they are sent at once. */
  default: z
    .string()
    .regex(/^[0-9A-Fa-f]{1,4}$/, "must be a hexadecimal number of 1 to 4 digits, such as 10")
    .transform((text) => Number.parseInt(text, 16).toString(16))
    .refine((text) => text !== "0", "must not be 0")
    .optional(),
  /** All classes, each with the rate that it always gets. A class that is taken away, or gets another parent, takes along what hangs on it. */
  classes: htbClasses.default([]),
});

const bandOfPriority = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
const prio = z
  .strictObject({
    /** How many bands there are; the first one is sent before the others. */
    bands: count(2, 16).default(3),
    /** The band of each of the 16 priorities that a packet can have, from 0. */
    priomap: z.array(count(0, 15)).length(16, "must have 16 bands").default(bandOfPriority),
  })
  .superRefine(({ bands, priomap }, { addIssue }) => {
    if (priomap.some((band) => band >= bands))
      addIssue({ code: "custom", path: ["priomap"], message: "must name bands below `bands`" });
  });

/** Where it asks for nothing, what the kernel has by itself; `fixed`: the option that the kernel never changes. */
const optional = <T extends z.ZodObject>(schema: T, fixed?: keyof z.output<T>) => {
  const defaults = schema.parse({}) as z.output<T>;
  const fixedOf = (options: z.output<T> | undefined) => fixed && (options ?? defaults)[fixed];
  const replace = (was: z.output<T> | undefined, is: z.output<T> | undefined) => fixedOf(was) !== fixedOf(is);
  return schema.optional().meta({ unset: defaults, ...(fixed && { replace }) });
};

export const optionArgs = {
  /** Options of `tbf`, which limits a rate. */
  tbf: tbf.optional(),
  /** Options of `fq`, which paces flows. */
  fq: optional(fq),
  /** Options of `fq_codel`, which keeps queues short. Other `flows` replace it. */
  fqCodel: optional(fqCodel, "flows"),
  /** Options of `htb`, which shares a rate among classes. Another `default` replaces it. */
  htb: optional(htb, "default"),
  /** Options of `prio`, which sends one band before another. */
  prio: optional(prio),
  /** Options of `netem`, as those of a link's `impairment`. */
  netem: optional(netemInput),
} as const;

export type OptionKey = keyof typeof optionArgs;

interface Discipline {
  /** The input that has its options. */
  readonly key?: OptionKey;
  words?(values: never, isNew: boolean): string[];
  /** Its options as tc prints them; undefined: it has some that cannot be said here. `asked`: which value was rounded, if it was. */
  read?(options: unknown, wanted: never): unknown;
}

const unlimited = "34359738360bit";

const tbfJson = z.strictObject({ rate: z.number(), burst: z.number(), lat: z.number() });
const fqJson = z.object({ limit: z.number(), flow_limit: z.number(), maxrate: z.number().optional() });
const fqCodelJson = z.object({
  ...{ limit: z.number(), flows: z.number(), target: z.number(), interval: z.number() },
  ecn: z.boolean().optional(),
});
const prioJson = z.object({ bands: z.number(), priomap: z.array(z.number()), multiqueue: z.literal(false).optional() });
const htbJson = z.object({ default: z.string() });

const near = (shown: number, wanted: number | undefined, tolerance: number) =>
  wanted !== undefined && Math.abs(shown - wanted) <= tolerance ? wanted : shown;

export const disciplines = {
  tbf: {
    key: "tbf",
    words: ({ rateKbit, burstBytes, latencyMs }: z.output<typeof tbf>) => [
      ...["rate", `${rateKbit}kbit`, "burst", `${burstBytes}b`, "latency", `${latencyMs}ms`],
    ],
    read(options, wanted: Partial<z.output<typeof tbf>> | undefined) {
      const { data } = tbfJson.safeParse(options);
      if (!data) return undefined;
      const { rate, burst, lat } = data;
      // The kernel keeps the burst as the time that it takes, in ticks of 64 ns, and the latency as bytes; tc counts in microseconds.
      return {
        rateKbit: rate / 125,
        burstBytes: near(burst, wanted?.burstBytes, 1 + (1.1 * rate) / 1e6),
        latencyMs: near(roundMilliseconds(lat / 1000), wanted?.latencyMs, (3 + 1e6 / rate) / 1000),
      };
    },
  },
  fq: {
    key: "fq",
    words: ({ limit, flowLimit, maxRateKbit }: z.output<typeof fq>) => [
      ...["limit", String(limit), "flow_limit", String(flowLimit)],
      ...["maxrate", maxRateKbit === undefined ? unlimited : `${maxRateKbit}kbit`],
    ],
    read(options) {
      const { data } = fqJson.safeParse(options);
      if (!data) return undefined;
      const { limit, flow_limit: flowLimit, maxrate } = data;
      return { limit, flowLimit, ...(maxrate !== undefined && { maxRateKbit: maxrate / 125 }) };
    },
  },
  fq_codel: {
    key: "fqCodel",
    // A change that names the flows is refused, even with what there is.
    words: ({ limit, flows, targetMs, intervalMs, ecn }: z.output<typeof fqCodel>, isNew) => [
      ...["limit", String(limit), ...(isNew ? ["flows", String(flows)] : [])],
      ...["target", `${targetMs}ms`, "interval", `${intervalMs}ms`, ecn ? "ecn" : "noecn"],
    ],
    read(options) {
      const { data } = fqCodelJson.safeParse(options);
      if (!data) return undefined;
      const { limit, flows, target, interval, ecn = false } = data;
      const [targetMs, intervalMs] = [target, interval].map((each) => roundMilliseconds(each / 1000));
      return { limit, flows, targetMs, intervalMs, ecn };
    },
  },
  htb: {
    key: "htb",
    words: ({ default: minor }: z.output<typeof htb>) => (minor === undefined ? [] : ["default", minor]),
    read(options) {
      const { data } = htbJson.safeParse(options);
      const minor = Number(data?.default).toString(16);
      return data && (minor === "0" ? {} : { default: minor });
    },
  },
  prio: {
    key: "prio",
    words: ({ bands, priomap }: z.output<typeof prio>) => ["bands", String(bands), "priomap", ...priomap.map(String)],
    read(options) {
      const { data } = prioJson.safeParse(options);
      return data && { bands: data.bands, priomap: data.priomap };
    },
  },
  netem: { key: "netem", words: netemWords, read: parseNetem },
  ingress: {},
  clsact: {},
} as const satisfies Readonly<Record<string, Discipline>>;

export type DisciplineName = keyof typeof disciplines;

export function disciplineOf(kind: string): Discipline | undefined {
  return (disciplines as Readonly<Record<string, Discipline>>)[kind];
}
