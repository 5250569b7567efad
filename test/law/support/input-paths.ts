import type { z } from "zod";
import { objectIn, type Values } from "../../../provider/src/core/check";
import { lack } from "../../kernel/support/features";
import { common, shapeOf } from "./kinds";
import { kindOf } from "./program";

/** The paths of the inputs that may be given or not; within those that are given too. */
export function optionalPaths(type: string, inputs: Values): string[] {
  return pathsIn(kindOf(type).args.shape, inputs).filter((path) => !isFixed(type, path));
}

function isFixed(type: string, path: string): boolean {
  const key = path.split(".").at(-1) ?? "";
  const feature = shapeOf(type)?.needing?.[path];
  if (feature && lack(feature) !== undefined) return true;
  return path in { ...common, ...shapeOf(type)?.without } || key in common || key === "name" || key === "netns";
}

function pathsIn(shape: z.ZodRawShape, inputs: Values, prefix = ""): string[] {
  return Object.entries(shape).flatMap(([key, field]) => {
    const nested = objectIn(field as z.ZodType);
    const value = inputs[key];
    const required = !(field as z.ZodType).safeParse(undefined).success;
    if (nested && required && typeof value === "object" && value !== null)
      return pathsIn(nested.shape, value as Values, `${prefix}${key}.`);
    return required ? [] : [`${prefix}${key}`];
  });
}

export function fieldAt(type: string, path: string): z.ZodType {
  let shape: z.ZodRawShape = kindOf(type).args.shape;
  const keys = path.split(".");
  for (const key of keys.slice(0, -1)) shape = objectIn(shape[key] as z.ZodType)?.shape ?? {};
  return shape[keys.at(-1) ?? ""] as z.ZodType;
}

export function get(values: Values, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Values | undefined)?.[key], values);
}

/** Changes `values`; undefined takes it away. */
export function set(values: Values, path: string, value: unknown): void {
  const [key = "", ...rest] = path.split(".");
  if (rest.length > 0) {
    const inner = { ...(values[key] as Values) };
    set(inner, rest.join("."), value);
    values[key] = inner;
  } else if (value === undefined) delete values[key];
  else values[key] = value;
}
