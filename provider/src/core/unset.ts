import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { kernelChooses } from "../schema/fields";
import { objectIn, type Values } from "./check";
import { type Difference, fieldsOf, isValues } from "./compare";
import type { Observed } from "./kind";

/**
 * The inputs, with the kernel's own value for each one that was taken away. A key without a value says that the input must
 * be absent.
 */
export function withUnset(
  schema: z.ZodObject,
  args: Values,
  before: Values | undefined,
  observed: Observed | undefined,
): Values {
  const result = { ...args };
  for (const [key, field] of fieldsOf(schema)) {
    const [now, then] = [args[key] ?? undefined, before?.[key] ?? undefined];
    const nested = objectIn(field);
    if (nested && isValues(now) && isValues(then)) result[key] = withUnset(nested, now, then, observed);
    else if (now === undefined && then !== undefined) result[key] = unsetValue(field, observed);
  }
  return result;
}

/** The value of an input that is taken away; undefined: it must be absent, or the kernel chooses. */
export function unsetValue(field: z.ZodType, observed: Observed | undefined): unknown {
  const { unset } = field.meta() ?? {};
  if (unset === kernelChooses) return undefined;
  return (typeof unset === "function" ? unset(observed) : unset) ?? undefined;
}

/** The list entries that were taken away but still exist. */
export function remaining(
  schema: z.ZodObject,
  wanted: Values,
  before: Values,
  observed: object,
  prefix = "",
): Difference[] {
  const observedValues = observed as Values;
  return fieldsOf(schema).flatMap(([key, field]) => {
    const [want, then, have] = [wanted[key], before[key], observedValues[key]];
    const nested = objectIn(field);
    const path = `${prefix}${key}`;
    if (nested && isValues(want) && isValues(then) && isValues(have))
      return remaining(nested, want, then, have, `${path}.`);
    if (!field.meta()?.subset || !Array.isArray(then) || !Array.isArray(have)) return [];
    const isIn = (list: unknown) => (entry: unknown) =>
      Array.isArray(list) && list.some((each) => isDeepStrictEqual(each, entry));
    const kept = then.filter(isIn(have)).filter((entry) => !isIn(want)(entry));
    return kept.length > 0 ? [{ path, replace: false, wanted: undefined, observed: kept }] : [];
  });
}
