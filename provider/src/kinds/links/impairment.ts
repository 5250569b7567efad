import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { LocalnetError } from "../../errors";
import { at, integer } from "../../schema/fields";
import { type Netem, netemWords, parseNetem, roundMilliseconds, roundPercent } from "../../tools/netem";
import { changeTc, keepQueueLength, type Qdisc, showRootQdisc } from "../../tools/tc";
import type { SideInput } from "./side-inputs";

const longestDelay = 270_000;
const milliseconds = () =>
  z
    .number("must be a number of milliseconds")
    .min(0, "must not be negative")
    .max(longestDelay, `must be at most ${longestDelay}`)
    .refine((value) => roundMilliseconds(value) === value, "must be in steps of 0.01, with 6 digits at most")
    .default(0);
const percent = () =>
  z
    .number("must be a number of percent")
    .min(0, "must be 0 to 100")
    .max(100, "must be 0 to 100")
    .refine((value) => roundPercent(value) === value, "must be in steps of 0.0001")
    .default(0);

/** Each option defaults to 0, because an existing netem has a value for all of them. */
const netemShape = {
  /** Milliseconds by which each packet is delayed, in steps of 0.01. */
  delayMs: milliseconds(),
  /**
   * Milliseconds by which the delay varies, up and down, in steps of 0.01. Packets may overtake each other. Needs `delayMs`.
   */
  jitterMs: milliseconds(),
  /** Correlation of a packet's delay with that of the previous one, in percent. Needs `jitterMs`. */
  delayCorrelationPercent: percent(),
  /** Share of the packets that are lost, in percent, in steps of 0.0001 as for all shares here. */
  lossPercent: percent(),
  /** Share of the packets that are sent twice, in percent. */
  duplicatePercent: percent(),
  /** Share of the packets in which one bit is changed, in percent. */
  corruptPercent: percent(),
  /** Share of the packets that are sent at once and so overtake others, in percent. Needs `delayMs`. */
  reorderPercent: percent(),
  /** Highest rate in kilobits (1000 bits) per second; 0: no limit. */
  rateKbit: integer(0, 1_000_000_000).default(0),
  /** Most packets that may be held at a time; others are lost. A long delay needs a larger number. */
  limit: integer(1, 0xffffffff).default(1000),
} as const;

export const netemInput = z.strictObject(netemShape).superRefine((netem, { addIssue }) => {
  const needs = [
    ["jitterMs", "delayMs"],
    ["delayCorrelationPercent", "jitterMs"],
    ["reorderPercent", "delayMs"],
  ] as const;
  for (const [key, other] of needs) {
    if (netem[key] > 0 && netem[other] === 0) addIssue({ code: "custom", path: [key], message: `needs ${other}` });
  }
});

export const impairmentInput = netemInput.optional();

/** The handle of our netem, like protocol 157 of routes: it shows what a run made that died before it recorded it. */
export const impairmentHandle = "157:";

export const impairment: SideInput = {
  tool: "tc",
  isPossibleOn: ({ qdisc }) => qdisc === "netem",
  valueIn: (args) => args?.impairment,

  async show(host, netns, { ifname }) {
    const root = await showRootQdisc(host, netns, ifname);
    return { impairment: root && netemOf(root) };
  },

  async change(host, netns, link, value, before) {
    const { ifname } = link;
    const wanted = value as Netem | undefined;
    const root = await showRootQdisc(host, netns, ifname);
    const isOurs = root?.kind === "netem" && (root.handle === impairmentHandle || before !== undefined);
    const existing = root && netemOf(root);
    if (isDeepStrictEqual(existing, wanted) && (!root || wanted)) return false;
    const tc = (verb: string, number: string, ...words: string[]) =>
      changeTc(host, netns, [["qdisc", verb, "dev", ifname, "root", "handle", number, "netem", ...words]], "sch_netem");
    if (root && !isOurs) {
      if (!wanted) return false;
      throw foreignError(root, netns);
    }
    if (root?.handle === impairmentHandle && wanted && existing)
      await tc("change", impairmentHandle, ...netemWords(wanted));
    else {
      // A change would keep the handle, and options that no input has.
      if (root) await tc("del", root.handle);
      const add = (netem: Netem) => tc("add", impairmentHandle, ...netemWords(netem));
      if (wanted) await keepQueueLength(host, netns, link, () => add(wanted));
    }
    return true;
  },
};

function netemOf({ kind, options }: Qdisc): Netem | undefined {
  return kind === "netem" ? parseNetem(options) : undefined;
}

function foreignError({ kind, handle: number, dev }: Qdisc, netns: string | undefined): LocalnetError {
  const tc = ["tc", ...(netns === undefined ? [] : ["-n", netns])].join(" ");
  return new LocalnetError(
    "LN_EXISTS",
    `impairment: link ${at(dev, netns)} already has a queueing discipline, ${kind} ${number}, that this package did not make`,
    { hint: `delete it: ${tc} qdisc del dev ${dev} root` },
  );
}
