import { LocalnetError } from "../../errors";
import type { Host, RunOptions } from "../../host";

/** One line of what `localnet doctor` says. */
export interface Line {
  readonly group: "user" | "command" | "kernel" | "firewall" | "program";
  readonly what: string;
  /** "note": nothing is wrong, but it changes what a lab does. */
  readonly result: "ok" | "missing" | "note";
  readonly detail: string;
  /** What to type, or where to read on. */
  readonly cure?: string | undefined;
}

export type Check = (host: Host) => Promise<Line[]>;

/** What a command prints; undefined when it is not there, or fails. */
export async function outputOf(
  host: Host,
  argv: readonly string[],
  options: Pick<RunOptions, "input"> = {},
): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await host.run(argv, { ...options, accept: "any" });
    return exitCode === 0 ? stdout.trim() : undefined;
  } catch (error) {
    if (error instanceof LocalnetError && error.code !== "LN_HOST") return undefined;
    throw error;
  }
}
