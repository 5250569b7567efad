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

/** What each is without is 0: a netem that is there has a value for all. */
const netemShape = {
  /** Milliseconds that each packet is held back, in steps of 0.01. */
  delayMs: milliseconds(),
  /** Milliseconds by which the delay varies, up and down, in steps of 0.01. Packets may overtake each other. Needs `delayMs`. */
  jitterMs: milliseconds(),
  /** How much the delay of a packet is like that of the one before, in percent. Needs `jitterMs`. */
  delayCorrelationPercent: percent(),
  /** How many packets are lost, in steps of 0.0001 percent, as all here. */
  lossPercent: percent(),
  /** How many packets are sent twice, in percent. */
  duplicatePercent: percent(),
  /** In how many packets one bit is changed, in percent. */
  corruptPercent: percent(),
  /** How many packets are sent at once and so overtake the others, in percent. Needs `delayMs`. */
  reorderPercent: percent(),
  /** Kilobits (1000 bits) a second that are sent at most; 0: no limit. */
  rateKbit: integer(0, 1_000_000_000).default(0),
  /** How many packets may be held at a time; more are lost. A long delay of many packets needs more. */
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

/** The number of ours, as routes have protocol 157: a run that died may not have recorded what it made. */
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
      // A change keeps the number, and what no input names.
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
    `impairment: link ${at(dev, netns)} sends through a queueing discipline already, ${kind} ${number}, that is not ours`,
    { hint: `take it away: ${tc} qdisc del dev ${dev} root` },
  );
}
