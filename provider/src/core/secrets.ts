import { z } from "zod";
import { objectIn, type Values } from "./check";

/** A value as a message may tell it: the objects in a list without their secrets. */
export function withoutSecrets(field: z.ZodType, value: unknown): unknown {
  const hidden = secretsIn(field);
  if (hidden.length === 0 || !Array.isArray(value)) return value;
  return value.map((each) => Object.fromEntries(Object.entries(each).filter(([key]) => !hidden.includes(key))));
}

/** The keys that are secrets, of the objects that a list holds. */
function secretsIn(field: z.ZodType): string[] {
  const list = field instanceof z.ZodOptional ? field.unwrap() : field;
  const element = list instanceof z.ZodArray ? objectIn(list.element as z.ZodType) : undefined;
  const fields = Object.entries((element?.shape ?? {}) as z.ZodRawShape) as [string, z.ZodType][];
  return fields.flatMap(([key, each]) => (each.meta()?.secret ? [key] : []));
}

/** The inputs that are secrets, or hold some, whether a program says so or not. */
export function secretInputs(schema: z.ZodObject, values: Values): string[] {
  const fields = Object.entries(schema.shape as z.ZodRawShape) as [string, z.ZodType][];
  return fields.flatMap(([key, field]) => {
    const value = values[key] ?? undefined;
    if (value === undefined) return [];
    if (field.meta()?.secret) return [key];
    const hidden = secretsIn(field);
    const holds = (each: Values) => hidden.some((name) => each?.[name] !== undefined);
    return Array.isArray(value) && value.some(holds) ? [key] : [];
  });
}
