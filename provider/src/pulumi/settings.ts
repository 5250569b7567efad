import type { z } from "zod";
import { type Failure, unknown, type Values } from "../core/check";
import { configuration } from "../core/kind";
import { LocalnetError } from "../errors";
import { settings as variables } from "../generated/shapes";
import type { HostSettings } from "../host";
import { fromEnvironment } from "./environment";

export interface Settings extends HostSettings {
  readonly prefix?: string | undefined;
}

/** The settings from the configuration of the stack, or of a provider that the program makes. Ignores other keys. */
export function settingsIn(values: Values): Settings {
  const all = withEnvironment(values);
  const [wrong] = wrongSettings(values);
  if (wrong) throw new LocalnetError("LN_INPUT", wrong.reason);
  return configuration.parse(Object.fromEntries(keys.map((key) => [key, parsed(all[key])])));
}

export const keys = Object.keys(configuration.shape);

/** Adds settings from the environment that neither the configuration nor the program has. */
export function withEnvironment(values: Values): Values {
  return { ...Object.fromEntries(keys.map((key) => [key, fromEnvironment(key)])), ...defined(values) };
}

function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));
}

export function wrongSettings(values: Values): Failure[] {
  const all = withEnvironment(values);
  return Object.entries(configuration.shape).flatMap(([property, field]): Failure[] => {
    const value = parsed(all[property]);
    const result = (field as z.ZodType).safeParse(value);
    if (value === unknown || result.success) return [];
    const source = values[property] == null ? `${variables[property]} in the environment` : `localnet:${property}`;
    return [{ property, reason: `${source}: ${result.error.issues[0]?.message}` }];
  });
}

/** Settings may come as text. */
function parsed(value: unknown): unknown {
  return typeof value === "string" && /^(true|false|\d+(\.\d+)?)$/.test(value)
    ? JSON.parse(value)
    : (value ?? undefined);
}
