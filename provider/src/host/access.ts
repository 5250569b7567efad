import { hasCode, type LocalnetError } from "../errors";
import { commandError } from "./command-error";
import type { Result } from "./host";

/** The setting that a host does not accept, and why. Time does not change it. */
export interface Refusal {
  readonly property: "host" | "sudo";
  readonly reason: string;
}

/** What this user can do on a host. */
export interface Access {
  /** Can commands be run there? One that does not answer may be booting. */
  readonly answers: boolean;
  readonly refusal?: Refusal;
}

/** Tries to run a command. `where`: the host, as an error names it. */
export async function accessBy(where: string, run: () => Promise<unknown>): Promise<Access> {
  try {
    await run();
    return { answers: true };
  } catch (error) {
    if (hasCode(error, "LN_PERMISSION", "LN_TOOL", "LN_COMMAND")) {
      const reason = `must be false, or work on ${where}: ${[error.summary, error.hint].filter(Boolean).join(": ")}`;
      return { answers: true, refusal: { property: "sudo", reason } };
    }
    const isRefused = hasCode(error, "LN_HOST") && !brokenConnection.includes(error.command?.exitCode);
    return { answers: false, ...(isRefused && { refusal: hostRefusal(error, where) }) };
  }
}

/** The exit codes of ssh itself, and of what was killed: the connection broke. */
const brokenConnection: readonly unknown[] = [255, 128];

export function hostRefusal({ summary, command }: LocalnetError, where: string): Refusal {
  // The line that ssh ends with tells the cause.
  const last = command?.stderr?.trim().split("\n").at(-1)?.trim();
  const exit = command?.exitCode === undefined ? summary : `exit ${command.exitCode}`;
  return {
    property: "host",
    reason: `must be one that "ssh ${where} true" reaches without a question, which says: ${last || exit}`,
  };
}

/** The error of a login shell that could not start sudo, or of sudo itself; undefined: another command's. */
export function sudoError({ exitCode, stderr }: Result): LocalnetError | undefined {
  const argv = ["sudo", "-n"];
  if (exitCode === 127 || exitCode === 126) return commandError(argv, { exitCode, stderr: missingSudo });
  return /^(?:sudo: |Sorry, user )/m.test(stderr) ? commandError(argv, { exitCode, stderr }) : undefined;
}

/** In the words of env, because each shell has its own words. */
const missingSudo = "env: failed to run command 'sudo': No such file or directory";
