import { settings } from "../generated/shapes";

/** A setting that neither the program nor the configuration says: that of the environment. What serves the engine loads no SDK for it. */
export function fromEnvironment(key: string): string | undefined {
  return process.env[settings[key] ?? ""] || undefined;
}
