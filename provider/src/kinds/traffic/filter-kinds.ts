import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { TcFilter } from "../../tools/tc-filters";
import { type Action, readAction } from "./filter-actions";
import type { Inexpressible } from "./filter-fields";
import { flower, flowerRules, flowerWords, isSameMask, readFlower } from "./filter-flower";
import { readU32, u32, u32Rules, u32Words } from "./filter-u32";

const fw = z.strictObject({
  /** Bits of the mark that are compared, `0xff`; the same for all filters of a priority. Default: all bits. */
  mask: z
    .string()
    .regex(/^0x[0-9A-Fa-f]{1,8}$/, "must be a hexadecimal number such as 0xff")
    .transform((text) => `0x${Number(text).toString(16)}`)
    .refine((text) => !["0x0", "0xffffffff"].includes(text), "must not be all bits, nor none")
    .optional(),
});

const optional = <T extends z.ZodType>(schema: T) => schema.optional().meta({ unset: {} });

export const matchArgs = {
  /** What `u32` matches. Default: all packets. */
  u32: optional(u32),
  /** What `flower` matches. Default: all packets of the protocol. */
  flower: optional(flower),
  /** How `fw` compares the mark. */
  fw: optional(fw),
} as const;
export type MatchKey = keyof typeof matchArgs;

interface Classifier {
  /** The input with its conditions. */
  readonly key?: MatchKey;
  rules?(options: never, protocol: string): Iterable<readonly [string, string]>;
  words?(options: never, protocol: string): string[];
  /** The handle for the command that makes it. */
  handle?(number: number, options: never): string;
  /** Can the kernel change one to the other in place? */
  canBecome(was: never, is: never): boolean;
  /** Does a filter that was made with neither class nor actions never get any? Default: no. */
  readonly keepsEmpty?: boolean;
  read?(filter: TcFilter): object;
}

const hex = (number: number) => `0x${number.toString(16)}`;

export const classifiers = {
  // The kernel refuses every change.
  matchall: { canBecome: () => false },
  u32: {
    ...{ key: "u32", rules: u32Rules, words: u32Words, canBecome: isDeepStrictEqual },
    // tc marks what ends the search, and the kernel takes no other mark in a change: actions would not run.
    keepsEmpty: true,
    // A number in the root table of the priority.
    handle: (number: number) => `::${number.toString(16)}`,
    read: ({ matches, protocol }) => readU32(matches, protocol),
  },
  flower: {
    ...{ key: "flower", rules: flowerRules, words: flowerWords, canBecome: isSameMask },
    read: ({ matches, protocol }) => readFlower(matches, protocol),
  },
  fw: {
    ...{ key: "fw", canBecome: isDeepStrictEqual },
    handle: (number: number, { mask }: z.output<typeof fw>) => hex(number) + (mask === undefined ? "" : `/${mask}`),
    read({ handle, matches }) {
      const [, mask] = handle.split("/");
      return matches.length > 0 ? { inexpressible: matches } : { ...(mask !== undefined && { mask }) };
    },
  },
} as const satisfies Readonly<Record<string, Classifier>>;

export type ClassifierName = keyof typeof classifiers;

export function classifierOf(kind: string): Classifier | undefined {
  return (classifiers as Readonly<Record<string, Classifier>>)[kind];
}

export function handleWord(kind: ClassifierName, number: number, options: unknown): string {
  return (classifiers[kind] as Classifier).handle?.(number, options as never) ?? hex(number);
}

export interface FilterInputs extends Readonly<Partial<Record<MatchKey, object | undefined>>> {
  readonly kind: string;
  readonly protocol: string;
  readonly flowid?: string | undefined;
  readonly actions: readonly (Action | Inexpressible)[];
}

/**
 * The inputs of a filter. Properties without an input are added to the actions, so that they differ from every wanted value.
 * The `wanted` actions show what tc rounded.
 */
export function readFilter(filter: TcFilter, wanted: readonly Action[] = []): FilterInputs {
  const { kind, protocol, flowid, matches, actions } = filter;
  const { key, read } = classifierOf(kind) ?? {};
  const options = read?.(filter) ?? (matches.length > 0 ? { inexpressible: matches } : {});
  const isExpressible = !("inexpressible" in options);
  return {
    ...{ kind, protocol },
    ...(key && { [key]: isExpressible ? options : undefined }),
    ...(flowid !== undefined && { flowid }),
    actions: [
      ...(isExpressible ? [] : [options as Inexpressible]),
      ...actions.map((each, index) => readAction(each, wanted[index])),
    ],
  };
}

/** The reason why inputs cannot express it; undefined: they can. */
export function inexpressibleOf(filter: TcFilter): string | undefined {
  const options = readFilter(filter).actions.flatMap((each) => ("inexpressible" in each ? each.inexpressible : []));
  return options.length > 0 ? `there is no input for ${options.join(", ")}` : undefined;
}
