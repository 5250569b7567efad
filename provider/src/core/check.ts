import { z } from "zod";
import type { AnyKind } from "./kind";
import { recordRequest } from "./program";
import type { Values } from "./values";

/** What the engine passes in a preview for a value that is not known yet. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type { Values } from "./values";

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

export function hasUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/**
 * Validates and normalises inputs field by field. During a preview some are unknown: these pass unchanged, and all others
 * still get their defaults and are checked.
 */
export function check(kind: AnyKind, news: Values): { inputs: Values; failures: Failure[] } {
  const failures: Failure[] = [];
  const inputs = checkObject(kind.args, news, [], failures);
  if (failures.length === 0 && kind.rules && !hasUnknown(inputs)) {
    for (const [property, reason] of kind.rules(inputs)) failures.push({ property, reason: `${property}: ${reason}` });
  }
  if (failures.length === 0) recordRequest(inputs);
  return { inputs, failures };
}

function checkObject(schema: z.ZodObject, news: Values, path: string[], failures: Failure[]): Values {
  const inputs: Values = {};
  const shape: z.ZodRawShape = schema.shape;
  for (const key of Object.keys(news)) {
    if (!(key in shape) && news[key] !== undefined)
      fail(failures, [...path, key], `is not an input; there are ${visible(shape)}`);
  }
  for (const [key, field] of Object.entries(shape)) {
    const value = news[key] ?? undefined;
    const nested = hasUnknown(value) && value !== unknown ? objectIn(field as z.ZodType) : undefined;
    if (nested) inputs[key] = checkObject(nested, value as Values, [...path, key], failures);
    else if (hasUnknown(value)) inputs[key] = value;
    else {
      const result = (field as z.ZodType).safeParse(value);
      if (result.success) inputs[key] = defined(result.data);
      else
        for (const issue of result.error.issues)
          fail(failures, [...path, key, ...issue.path.map(String)], reason(issue, value));
    }
    if (inputs[key] === undefined) delete inputs[key];
  }
  return inputs;
}

/** Removes keys without a value, in the objects of a list too: they ask for nothing. */
function defined(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(defined);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, defined(each)]));
}

function visible(shape: z.ZodRawShape): string {
  return Object.keys(shape)
    .filter((key) => key !== "owner")
    .join(", ");
}

function reason(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && issue.path.length === 0) return "is required";
  // For an invalid key, zod keeps the rule one level down.
  return (issue.code === "invalid_key" && issue.issues[0]?.message) || issue.message;
}

function fail(failures: Failure[], path: string[], rule: string): void {
  const property = path.join(".");
  failures.push({ property, reason: `${property}: ${rule}` });
}

/** The object schema inside optional and default wrappers, if there is one. */
export function objectIn(field: z.ZodType): z.ZodObject | undefined {
  let inner: z.ZodType = field;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap() as z.ZodType;
  return inner instanceof z.ZodObject ? inner : undefined;
}

/** The schema of a list's elements; for anything else, the field itself. */
export function elementOf(field: z.ZodType): z.ZodType {
  const isWrapped = field instanceof z.ZodOptional || field instanceof z.ZodDefault;
  const inner = isWrapped ? (field.unwrap() as z.ZodType) : field;
  return inner instanceof z.ZodArray ? (inner.element as z.ZodType) : inner;
}
