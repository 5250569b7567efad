import { settings } from "../generated/shapes";

/** A setting from the environment, used if neither the program nor the configuration has it. In a file without the SDK, which the plugin does not load. */
export function fromEnvironment(key: string): string | undefined {
  return process.env[settings[key] ?? ""] || undefined;
}
