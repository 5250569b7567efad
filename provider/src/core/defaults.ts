import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { objectIn, type Values } from "./check";
import { isValues } from "./compare";

/** The default of an input, undefined if it has none. */
function defaultOf(field: z.ZodType): unknown {
  return field instanceof z.ZodDefault ? field.def.defaultValue : undefined;
}

function mapped(schema: z.ZodObject, values: Values, each: (value: unknown, field: z.ZodType) => unknown): Values {
  const result = { ...values };
  for (const [key, field] of Object.entries(schema.shape as z.ZodRawShape) as [string, z.ZodType][]) {
    const value = values[key] ?? undefined;
    const nested = objectIn(field);
    const next = nested && isValues(value) ? mapped(nested, value, each) : each(value, field);
    if (next === undefined) delete result[key];
    else result[key] = next;
  }
  return result;
}

/** The inputs without those that have their default. */
export function withoutDefaults(schema: z.ZodObject, values: Values): Values {
  return mapped(schema, values, (value, field) => (isDeepStrictEqual(value, defaultOf(field)) ? undefined : value));
}

/** The inverse, for inputs that `check` has returned before. */
export function withDefaults(schema: z.ZodObject, values: Values): Values {
  return mapped(schema, values, (value, field) => value ?? defaultOf(field));
}
