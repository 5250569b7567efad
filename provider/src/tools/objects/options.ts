import { isDeepStrictEqual } from "node:util";
import type { KernelObject } from "../../core/kernel-object";

/** Values by the keys under which a command prints them. */
export type Options = Readonly<Record<string, unknown>>;

/** The values that differ from the defaults, in words. For a key that is not known here, nobody knows the default. */
export function differences(existing: Options, usual: Options): string[] {
  return Object.entries(existing).flatMap(([key, value]) => {
    const other = usual[key];
    // The kernel rounds times to its clock ticks.
    const isNear = /_(interval|intvl)$/.test(key) && Math.abs(Number(value) - Number(other)) < 10;
    return other === undefined || isDeepStrictEqual(value, other) || isNear ? [] : [`${key} ${wordsOf(value)}`];
  });
}

/** A value of JSON in words. */
function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(" ");
  if (typeof value === "object" && value !== null) return Object.entries(value).flat().map(wordsOf).join(" ");
  return String(value);
}

export function withoutInput(what: string): KernelObject {
  return { what, why: "no input sets it", coveredBy: [] };
}
