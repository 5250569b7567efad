import type { z } from "zod";
import { elementOf, objectIn, type Values } from "./check";

/** A value as a message may show it: without the secrets of an object, or of the objects in a list. */
export function withoutSecrets(field: z.ZodType, value: unknown): unknown {
  const hidden = secretsIn(field);
  if (hidden.length === 0 || typeof value !== "object" || value === null) return value;
  const shown = (each: object) => Object.fromEntries(Object.entries(each).filter(([key]) => !hidden.includes(key)));
  return Array.isArray(value) ? value.map(shown) : shown(value);
}

/** The secret keys of an object, or of the objects in a list. */
function secretsIn(field: z.ZodType): string[] {
  const fields = Object.entries((objectIn(elementOf(field))?.shape ?? {}) as z.ZodRawShape) as [string, z.ZodType][];
  return fields.flatMap(([key, each]) => (each.meta()?.secret ? [key] : []));
}

/** The inputs or outputs that are or contain secrets, whether or not the program marks them. */
export function secretKeys(schema: z.ZodObject, values: Values): string[] {
  const fields = Object.entries(schema.shape as z.ZodRawShape) as [string, z.ZodType][];
  return fields.flatMap(([key, field]) => {
    const value = values[key] ?? undefined;
    if (value === undefined) return [];
    if (field.meta()?.secret) return [key];
    const hidden = secretsIn(field);
    const holds = (each: Values) => hidden.some((name) => each?.[name] !== undefined);
    return hidden.length > 0 && [value].flat().some((each) => holds(each as Values)) ? [key] : [];
  });
}
