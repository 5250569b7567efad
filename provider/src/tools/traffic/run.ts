import { hasCode } from "../../errors";
import type { Host, Result, RunOptions } from "../../host";
import { commandError } from "../../host/command-error";
import { enter } from "../../host/netns";

/** The result of one attempt: an answer, or the reason why there was none. */
export interface Answer {
  readonly ok: boolean;
  /** The answer without blanks around it: the body of a page, a datagram, records, or the output of a command. */
  readonly body?: string;
  /** Why it is not ok. */
  readonly failure?: string;
  /** Milliseconds that the answer took. */
  readonly milliseconds?: number;
  /** The command line that was run, in a shell's syntax and without secrets. */
  readonly command: string;
}

/** Longer bodies are cut, because they are kept in the state. */
const bodyLength = 200;

export function bodyOf(text: string): string {
  return text.trim().slice(0, bodyLength).toWellFormed();
}

/** A longer answer counts as none, because the other side decides how long it is. In bytes. */
const maxOutputBytes = 1024 * 1024;
export const tooLong = `an answer of more than ${maxOutputBytes} bytes`;

/**
 * Runs a command in a namespace. If it cannot enter the namespace, that is an error and not a result, not even when a
 * failure is expected. Undefined: the answer was too long.
 */
export async function runTool(
  host: Host,
  argv: readonly string[],
  timeoutSeconds: number,
  options: RunOptions = {},
): Promise<Result | undefined> {
  const limits = { accept: "any", timeoutSeconds: timeoutSeconds + 10, maxOutputBytes } as const;
  const result = await host.run(argv, { ...options, ...limits }).catch((error) => {
    if (!hasCode(error, "LN_OUTPUT")) throw error;
    return undefined;
  });
  if (result && result.exitCode !== 0 && result.stderr.startsWith("nsenter: ")) throw commandError(argv, result);
  return result;
}

/** The result of a command, without its command line. */
type Finding = Omit<Answer, "command">;

/** Runs a command in a namespace. The time is that of the whole command, unless `judge` returns a better one. */
export async function runClient(
  host: Host,
  netns: string | undefined,
  argv: readonly string[],
  timeoutSeconds: number,
  judge: (result: Result) => Finding,
  options: RunOptions = {},
): Promise<Answer> {
  const entered = enter(netns, argv);
  const command = shellLine(entered);
  const started = performance.now();
  try {
    const result = await runTool(host, entered, timeoutSeconds, options);
    const milliseconds = Math.round(performance.now() - started);
    if (!result) return { ok: false, failure: tooLong, command };
    const finding = judge(result);
    return { ...(finding.ok && { milliseconds }), ...finding, command };
  } catch (error) {
    if (!hasCode(error, "LN_TIMEOUT")) throw error;
    return { ok: false, failure: `${argv[0]}: ${error.summary}`, command };
  }
}

/** Why a command failed: its exit code, and its own reason if it gave one. */
export function exitReason(name: string, exitCode: number, reason?: string): string {
  return reason ? `${name}: exit ${exitCode}, ${reason}` : `${name}: exit ${exitCode}`;
}

/** Seconds for a command that accepts only whole ones. */
export function wholeSeconds(seconds: number): string {
  return String(Math.max(1, Math.ceil(seconds)));
}

/** A command line in a shell's syntax. */
export function shellLine(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
