import { LocalnetError } from "../../errors";
import type { Host, RunOptions } from "../../host";

/** One line of the output of `localnet doctor`. */
export interface Line {
  readonly group: "user" | "command" | "kernel" | "firewall" | "program";
  readonly what: string;
  /** "note": not an error, but it affects a lab. */
  readonly result: "ok" | "missing" | "note";
  readonly detail: string;
  /** What to type, or where to read more. */
  readonly cure?: string | undefined;
}

export type Check = (host: Host) => Promise<Line[]>;

/** The output of a command; undefined: it does not exist, or it fails. */
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
