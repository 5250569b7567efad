import { z } from "zod";
import { address, cidr, number32, numberOrText } from "../../schema/fields";
import type { Places } from "./iptables-chains";

/** The options of iptables for an input, and how they are parsed. */
export interface Word<V> {
  /** The options that iptables prints for it. "-m NAME" is a module that may occur without options. */
  readonly options: readonly string[];
  /** The modules that it loads. */
  readonly modules?: readonly string[];
  /** The tables and built-in chains in which the kernel accepts it. */
  places?(value: V): Places;
  argv(value: V, family: "ipv4" | "ipv6"): string[];
  /** Parses the values of `options`: undefined for a missing option, "" for one without a value. */
  read(...values: (string | undefined)[]): unknown;
}

export type Words<A extends z.ZodRawShape> = {
  readonly [K in keyof z.output<z.ZodObject<A>>]-?: Word<NonNullable<z.output<z.ZodObject<A>>[K]>>;
};

const negation = /^! /;

/** An option and its value; a "! " at the beginning of the value is moved before the option. */
export function option(name: string, value: string | number): string[] {
  const text = String(value);
  return negation.test(text) ? ["!", name, text.replace(negation, "")] : [name, text];
}

/** An option without a value, if it is wanted. */
export function flag(name: string, wanted: boolean | undefined): string[] {
  return wanted ? [name] : [];
}

export function withoutNegation(text: string): string {
  return text.replace(negation, "");
}

export function matching(pattern: RegExp, rule: string) {
  return z.string().regex(new RegExp(`^(! )?(${pattern.source})$`), `${rule}; "! " before it negates`);
}

/** A number or "FIRST-LAST", with the option's own separator. */
export function numberRange(separator: string, most: number, what: string) {
  const number = `\\d{1,${String(most).length}}`;
  const rule = `must be ${what} 0 to ${most}, or a range, 10${separator}20`;
  return numberOrText(
    matching(new RegExp(`${number}(${separator}${number})?`), rule).refine((text) => {
      const [first, last = first] = withoutNegation(text).split(separator).map(Number);
      return first !== undefined && last !== undefined && first <= last && last <= most;
    }, rule),
  );
}

export const interfaceName = matching(
  /[A-Za-z0-9][A-Za-z0-9_.-]{0,14}|[A-Za-z0-9][A-Za-z0-9_.-]{0,13}\+/,
  'must be the name of a link, or its start and "+"',
);

export const network = z
  .string()
  .refine(
    (text) => z.union([cidr, address]).safeParse(withoutNegation(text)).success,
    'must be an address or a network such as 10.0.0.0/8; "! " before it negates',
  )
  .refine((text) => !/^! .*\/0+$/.test(text), "would never match: it contains every address");

const portNumber = /([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])/.source;
const portRange = `${portNumber}(:${portNumber})?`;
/** Most ports in the match multiport; a range counts for two. */
const mostPorts = 15;

export const ports = numberOrText(
  matching(new RegExp(`${portRange}(,${portRange})*`), "must be ports 1 to 65535: 80, 80,443 or 8000:8080")
    .refine((text) => rangesOf(text).every(([first, last]) => first <= last), "must be ranges from low to high")
    .refine(
      (text) => !text.includes(",") || withoutNegation(text).split(/[,:]/).length <= mostPorts,
      `must be at most ${mostPorts} ports, a range counts for two`,
    ),
);

function rangesOf(text: string): [number, number][] {
  return withoutNegation(text)
    .split(",")
    .map((range) => range.split(":").map(Number))
    .map(([first = 0, last = first]) => [first, last]);
}

export function portOptions(single: string, several: string) {
  return (value: string) =>
    value.includes(",") ? ["-m", "multiport", ...option(several, value)] : option(single, value);
}

export const markValue = z
  .union([number32.transform((value) => `0x${value.toString(16)}`), z.string()], {
    error: "must be a number or a text such as 0x10/0xff",
  })
  .pipe(
    matching(
      /(0x[0-9a-f]{1,8}|\d{1,10})(\/(0x[0-9a-f]{1,8}|\d{1,10}))?/,
      "must be a mark with or without mask, 0x10 or 0x10/0xff",
    ).refine(
      (text) =>
        withoutNegation(text)
          .split("/")
          .every((part) => Number(part) <= 0xffffffff),
      "must be below 4294967296",
    ),
  );

export const setMark = markValue.refine((text) => !negation.test(text), "cannot be negated");

/** "src" or "dst" for each dimension of a set. */
export const setFlags = z
  .array(z.enum(["src", "dst"], { error: "must be src or dst" }))
  .min(1, "must not be empty")
  .max(6, "must be at most 6");

/** Parses a set: its name, and the part of the packet for each dimension. */
export function readSet(text = "") {
  return { name: text.replace(/ \S+$/, ""), flags: text.split(" ").at(-1)?.split(",") };
}
