import { inspect } from "node:util";
import { LocalnetError } from "../errors";
import { oneLine, visible } from "../text";

/** The exit codes of the command. `exec`, `shell` and `capture` exit with that of the command that they run. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** The command worked, and found something wrong. */
  wrong: 3,
} as const;

/** An error in what the user typed; `hint` says what to type. */
export class UsageError extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** The error on one line, with the failed command, its output, and what to type. */
export function describeFailure(error: unknown): string {
  if (error instanceof UsageError) return line(error.message, error.hint);
  if (!(error instanceof LocalnetError)) return visible(inspect(error));
  const { subject, summary, code, command, hint } = error;
  const about = subject ? `${subject.kind} ${subject.id}: ` : "";
  const stderr = command?.stderr?.trim().split("\n").at(-1);
  const detail =
    command && stderr && !summary.includes(stderr) ? `: ${command.argv.join(" ").slice(0, 200)}: ${stderr}` : "";
  // The command line has an option instead of the program's configuration.
  return line(
    `${about}${summary}${detail} [${code}]`,
    hint?.replace("set the configuration localnet:sudo to true", "add --sudo"),
  );
}

export function codeOf(error: unknown): number {
  const isUsage = error instanceof UsageError || (error instanceof LocalnetError && error.code === "LN_INPUT");
  return isUsage ? exitCodes.usage : exitCodes.failure;
}

function line(message: string, hint?: string): string {
  return oneLine(`localnet: ${message}${hint ? `; ${hint}` : ""}`);
}
