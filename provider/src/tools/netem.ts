import { z } from "zod";

/** The impairments of the packets that a link sends. */
export interface Netem {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly delayCorrelationPercent: number;
  readonly lossPercent: number;
  readonly duplicatePercent: number;
  readonly corruptPercent: number;
  readonly reorderPercent: number;
  readonly rateKbit: number;
  readonly limit: number;
}

/** The number of significant digits that tc prints. */
const digits = 6;

/**
 * The kernel counts time in ticks of 64 ns and tc in microseconds, and both round down: 0.5 ms is read back as 0.499.
 * Rounding restores values that are multiples of 0.01 ms.
 */
export const roundMilliseconds = (value: number) => Number(Number(value.toFixed(2)).toPrecision(digits));

/**
 * A probability is a fraction of 2^32, which tc prints with six digits. Rounding restores values that are multiples of
 * 0.0001 %.
 */
export const roundPercent = (value: number) => Number(value.toFixed(4));

const none = z.literal(0).optional();
const delay = z.object({ delay: z.number(), jitter: z.number(), correlation: z.number() });
const uncorrelated = <K extends string>(key: K) =>
  z.object({ [key]: z.number(), correlation: none } as { [Key in K]: z.ZodNumber });

/** All that the inputs can express: a chain of losses, slots or a custom gap have other keys or values. */
const netemJson = z
  .strictObject({
    limit: z.number(),
    delay: delay.optional(),
    "loss-random": uncorrelated("loss").optional(),
    duplicate: uncorrelated("duplicate").optional(),
    reorder: uncorrelated("reorder").optional(),
    corrupt: uncorrelated("corrupt").optional(),
    rate: z.object({ rate: z.number(), packetoverhead: none, cellsize: none, celloverhead: none }).optional(),
    ecn: z.literal(false).optional(),
    gap: z.union([z.literal(0), z.literal(1)]).optional(),
    seed: z.unknown().optional(),
  })
  .refine(({ gap = 0, reorder }) => (gap === 1) === (reorder !== undefined));

/** The options of a netem as tc prints them; undefined: it has options that the inputs cannot express. */
export function parseNetem(options: unknown): Netem | undefined {
  const { data } = netemJson.safeParse(options);
  if (!data) return undefined;
  const percent = (fraction = 0) => roundPercent(fraction * 100);
  return {
    delayMs: roundMilliseconds((data.delay?.delay ?? 0) * 1000),
    jitterMs: roundMilliseconds((data.delay?.jitter ?? 0) * 1000),
    delayCorrelationPercent: percent(data.delay?.correlation),
    lossPercent: percent(data["loss-random"]?.loss),
    duplicatePercent: percent(data.duplicate?.duplicate),
    corruptPercent: percent(data.corrupt?.corrupt),
    reorderPercent: percent(data.reorder?.reorder),
    // Bytes per second.
    rateKbit: ((data.rate?.rate ?? 0) * 8) / 1000,
    limit: data.limit,
  };
}

/** The words after `netem`. All options are given, because a change keeps those that it does not name. */
export function netemWords(netem: Netem): string[] {
  const percent = (key: keyof Netem) => `${netem[key]}%`;
  return [
    ...["limit", String(netem.limit)],
    ...["delay", `${netem.delayMs}ms`, `${netem.jitterMs}ms`, percent("delayCorrelationPercent")],
    ...["loss", percent("lossPercent"), "duplicate", percent("duplicatePercent")],
    ...["corrupt", percent("corruptPercent"), "reorder", percent("reorderPercent")],
    ...["rate", `${netem.rateKbit}kbit`],
  ];
}
