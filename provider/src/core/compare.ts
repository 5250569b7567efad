import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { hasUnknown, objectIn, type Values } from "./check";

/** A place where two sets of inputs differ. */
export interface Difference {
  readonly path: string;
  readonly replace: boolean;
  readonly wanted: unknown;
  readonly seen: unknown;
}

/** Where `seen` is not what `wanted` asks for. A value that is not known yet differs from any other. */
export function differences(
  schema: z.ZodObject,
  wanted: Values,
  seen: Values,
  prefix = "",
  replaced = false,
): Difference[] {
  return Object.entries(schema.shape as z.ZodRawShape).flatMap(([key, field]) => {
    const [want, have] = [wanted[key] ?? undefined, seen[key] ?? undefined];
    if (isSame(field as z.ZodType, want, have) && !hasUnknown(want)) return [];
    const replace = replaced || ((field as z.ZodType).meta()?.replace ?? false);
    const nested = objectIn(field as z.ZodType);
    const path = `${prefix}${key}`;
    if (nested && isValues(want) && isValues(have)) return differences(nested, want, have, `${path}.`, replace);
    return [{ path, replace, wanted: want, seen: have }];
  });
}

/** A list of which the order means nothing is the same in any. */
function isSame(field: z.ZodType, want: unknown, have: unknown): boolean {
  const sets = field.meta()?.subset && Array.isArray(want) && Array.isArray(have);
  return isDeepStrictEqual(sets ? new Set(want) : want, sets ? new Set(have) : have);
}

/** Of recorded values those that are among what somebody asks for. */
export function pick(schema: z.ZodObject, values: Values, ...asked: Values[]): Values {
  const result: Values = {};
  for (const [key, field] of Object.entries(schema.shape as z.ZodRawShape)) {
    const given = asked.map((each) => each[key] ?? undefined).filter((each) => each !== undefined);
    const value = values[key] ?? undefined;
    const nested = objectIn(field as z.ZodType);
    if (given.length === 0 || value === undefined) continue;
    result[key] = nested && isValues(value) ? pick(nested, value, ...given.filter(isValues)) : value;
  }
  return result;
}

/** What was asked for, as it is seen: what nobody asked for is left out, and what cannot be seen stays as asked. */
export function observedInputs(schema: z.ZodObject, wanted: Values, seen: Values): Values {
  const result: Values = {};
  for (const [key, field] of Object.entries(schema.shape as z.ZodRawShape)) {
    const want = wanted[key] ?? undefined;
    if (want === undefined) continue;
    const have = seen[key];
    const nested = objectIn(field as z.ZodType);
    if (!(key in seen) || key === "owner") result[key] = want;
    else if (nested && isValues(want) && isValues(have)) result[key] = observedInputs(nested, want, have);
    else if ((field as z.ZodType).meta()?.subset && Array.isArray(want) && Array.isArray(have)) {
      result[key] = want.filter((entry) => have.some((other) => isDeepStrictEqual(entry, other)));
    } else if (have !== undefined) result[key] = have;
  }
  return result;
}

/** What is there of an update that stopped on the way: of what can be seen, all that was asked for before or is now; else as before. */
export function partialInputs(schema: z.ZodObject, before: Values, now: Values, seen: Values): Values {
  const asked: Values = {};
  for (const [key, field] of Object.entries(schema.shape as z.ZodRawShape)) {
    const [was, is, have] = [before[key], now[key], seen[key]];
    const nested = objectIn(field as z.ZodType);
    if (!(key in seen) || is === undefined) asked[key] = was;
    else if (nested && isValues(was) && isValues(is) && isValues(have))
      asked[key] = partialInputs(nested, was, is, have);
    else if (Array.isArray(was) && Array.isArray(is)) asked[key] = [...new Set([...was, ...is])];
    else asked[key] = is;
  }
  return observedInputs(schema, asked, seen);
}

/** Plain JSON: the engine takes nothing else, and loses an object that was just made over one `undefined`. */
export function toPlainJson(values: Values): Values {
  return JSON.parse(JSON.stringify(values)) as Values;
}

export function describe({ path, wanted, seen }: Difference): string {
  return `${path}: wanted ${JSON.stringify(wanted) ?? "nothing"}, seen ${JSON.stringify(seen) ?? "nothing"}`;
}

export function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
