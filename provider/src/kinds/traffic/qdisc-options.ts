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
const max32 = 0xffffffff;

/** Bytes per second. */
const bytesOf = (rateKbit: number) => rateKbit * 125;

const tbf = z
  .strictObject({
    /** Highest rate in kilobits (1000 bits) per second. */
    rateKbit: kbit,
    /** Bytes that may be sent at once after a pause. Packets larger than this are never sent. */
    burstBytes: count(1, max32),
    /** Longest time in milliseconds that a packet may wait, in steps of 0.01; others are dropped. */
    latencyMs: milliseconds,
  })
  .superRefine(({ rateKbit, burstBytes, latencyMs }, { addIssue }) => {
    const issue = (path: string, message: string) => addIssue({ code: "custom", path: [path], message });
    if (burstBytes / bytesOf(rateKbit) > 270)
      issue("burstBytes", "must be at most the bytes that are sent in 270 seconds");
    if ((bytesOf(rateKbit) * latencyMs) / 1000 + burstBytes > max32)
      issue("latencyMs", "must be at most the time in which 4294967295 bytes are sent");
  });

const fq = z.strictObject({
  /** Most packets that may wait. */
  limit: count(1, max32).default(10_000),
  /** Most packets of one flow that may wait. */
  flowLimit: count(1, max32).default(100),
  /** Highest rate of one flow in kilobits (1000 bits) per second. Default: no limit. */
  maxRateKbit: count(1, 34_359_738).optional(),
});

const fqCodel = z.strictObject({
  /** Most packets that may wait. */
  limit: count(1, max32).default(10_240),
  /** Number of queues for the flows. */
  flows: count(1, 65_536).default(1024),
  /** Acceptable delay in milliseconds, in steps of 0.01. */
  targetMs: milliseconds.default(5),
  /** Time in milliseconds over which the delay is measured, in steps of 0.01. */
  intervalMs: milliseconds.default(100),
  /** Are packets marked instead of dropped, if they support it (ECN)? */
  ecn: z.boolean().default(true),
});

const htb = z.strictObject({
  /**
   * Number of the class for packets that no filter assigns, hexadecimal, such as `10` for 1:10. Default: they are sent at
   * once.
   */
  default: z
    .string()
    .regex(/^[0-9A-Fa-f]{1,4}$/, "must be a hexadecimal number of 1 to 4 digits, such as 10")
    .transform((text) => Number.parseInt(text, 16).toString(16))
    .refine((text) => text !== "0", "must not be 0")
    .optional(),
  /**
   * All classes, each with its guaranteed rate. If a class is taken away or gets another parent, everything in it is
   * deleted.
   */
  classes: htbClasses.default([]),
});

const bandOfPriority = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
const prio = z
  .strictObject({
    /** Number of bands; the first one is sent before the others. */
    bands: count(2, 16).default(3),
    /** Band for each of the 16 priorities that a packet can have, starting with priority 0. */
    priomap: z.array(count(0, 15)).length(16, "must have 16 bands").default(bandOfPriority),
  })
  .superRefine(({ bands, priomap }, { addIssue }) => {
    if (priomap.some((band) => band >= bands))
      addIssue({ code: "custom", path: ["priomap"], message: "must name bands below `bands`" });
  });

/** An input with the kernel's defaults; `fixed`: the option that the kernel cannot change. */
const optional = <T extends z.ZodObject>(schema: T, fixed?: keyof z.output<T>) => {
  const defaults = schema.parse({}) as z.output<T>;
  const fixedOf = (options: z.output<T> | undefined) => fixed && (options ?? defaults)[fixed];
  const replace = (was: z.output<T> | undefined, is: z.output<T> | undefined) => fixedOf(was) !== fixedOf(is);
  return schema.optional().meta({ unset: defaults, ...(fixed && { replace }) });
};

export const optionArgs = {
  /** Options of `tbf`, which limits the rate. */
  tbf: tbf.optional(),
  /** Options of `fq`, which paces flows. */
  fq: optional(fq),
  /** Options of `fq_codel`, which keeps queues short. A change of `flows` replaces it. */
  fqCodel: optional(fqCodel, "flows"),
  /** Options of `htb`, which shares a rate among classes. A change of `default` replaces it. */
  htb: optional(htb, "default"),
  /** Options of `prio`, which sends one band before another. */
  prio: optional(prio),
  /** Options of `netem`, the same as a link's `impairment`. */
  netem: optional(netemInput),
} as const;

export type OptionKey = keyof typeof optionArgs;

interface Discipline {
  /** The input with its options. */
  readonly key?: OptionKey;
  words?(values: never, isNew: boolean): string[];
  /** Parses its options from tc's output; undefined: inputs cannot express them. `wanted` shows which value was rounded. */
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
      // The kernel stores the burst as a time in ticks of 64 ns, and the latency as bytes; tc counts in microseconds.
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
    // The kernel refuses a change that names the flows, even the present number.
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
