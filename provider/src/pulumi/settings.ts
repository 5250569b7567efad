import type { z } from "zod";
import { type Failure, unknown, type Values } from "../core/check";
import { configuration } from "../core/kind";
import { LocalnetError } from "../errors";
import type { HostSettings } from "../host";

/** The settings in the configuration of the stack, or of a provider that the program makes. What else is there is not ours. */
export function settingsIn(values: Values): HostSettings {
  const [wrong] = wrongSettings(values);
  if (wrong) throw new LocalnetError("LN_INPUT", wrong.reason);
  return configuration.parse(Object.fromEntries(keys.map((key) => [key, parsed(values[key])])));
}

export const keys = Object.keys(configuration.shape);

export function wrongSettings(values: Values): Failure[] {
  return Object.entries(configuration.shape).flatMap(([property, field]): Failure[] => {
    const value = parsed(values[property]);
    const result = (field as z.ZodType).safeParse(value);
    if (value === unknown || result.success) return [];
    return [{ property, reason: `localnet:${property}: ${result.error.issues[0]?.message}` }];
  });
}

/** Settings may come as text. */
function parsed(value: unknown): unknown {
  return typeof value === "string" && /^(true|false|\d+(\.\d+)?)$/.test(value)
    ? JSON.parse(value)
    : (value ?? undefined);
}
