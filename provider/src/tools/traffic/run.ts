import { hasCode } from "../../errors";
import type { Host, Result, RunOptions } from "../../host";
import { commandError } from "../../host/command-error";
import { enter } from "../../host/netns";

/** What one attempt to reach something gave: an answer, or why there was none. */
export interface Answer {
  readonly ok: boolean;
  /** What was answered, without blanks around it: the body of a page, a datagram, records, the output of a command. */
  readonly body?: string;
  /** Why it is not ok. */
  readonly failure?: string;
  /** Milliseconds that the answer took. */
  readonly milliseconds?: number;
  /** The command line that was run, as a shell takes it; without secrets. */
  readonly command: string;
}

/** Longer bodies are cut: they go into the state. */
const bodyLength = 200;

export function bodyOf(text: string): string {
  return text.trim().slice(0, bodyLength).toWellFormed();
}

/** An answer that is longer is none: the one who answers decides how long it gets. Bytes. */
const maxOutputBytes = 1024 * 1024;
export const tooLong = `an answer of more than ${maxOutputBytes} bytes`;

/**
 * That a command could not get into its namespace is no answer, least of all the failure that somebody expects. Undefined:
 * the answer was too long.
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

/** What a command found, beside its command line and the time that it took. */
type Finding = Omit<Answer, "command">;

/** Runs a command in a namespace. Its time is that of the whole command, unless `judge` knows better. */
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

/** Why a command failed: its exit code, and the reason that it gave, if it gave one. */
export function exitReason(name: string, exitCode: number, reason?: string): string {
  return reason ? `${name}: exit ${exitCode}, ${reason}` : `${name}: exit ${exitCode}`;
}

/** Seconds as a command takes them that knows whole ones only. */
export function wholeSeconds(seconds: number): string {
  return String(Math.max(1, Math.ceil(seconds)));
}

/** A command line as a shell takes it. */
export function shellLine(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
