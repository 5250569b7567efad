import { hasCode } from "../errors";
import type { Host, Result, RunOptions } from "../host";
import { commandError } from "../host/host";
import { enter } from "../host/netns";
import { requireTools } from "../host/requirements";
import { publicUrl } from "./url";

/** What one attempt to reach something gave: an answer, or why there was none. */
export interface Answer {
  readonly ok: boolean;
  /** The body of an HTTP answer, without blanks around it. */
  readonly body?: string;
  /** Why it is not ok. */
  readonly failure?: string;
  /** Milliseconds that the answer took. */
  readonly milliseconds?: number;
  /** The command line that was run, as a shell takes it; without secrets. */
  readonly command: string;
}

export interface Http {
  readonly url: string;
  readonly expectStatus: number;
  readonly expectBody?: string | string[] | undefined;
}

export interface Target {
  readonly http?: Http | undefined;
  readonly tcp?: { readonly address: string; readonly port: number } | undefined;
  readonly ping?: { readonly address: string } | undefined;
  readonly exec?: readonly string[] | undefined;
}

/** Longer bodies are cut: they go into the state. */
const bodyLength = 200;

/** curl's exit codes that a test of a network meets, in its manual's words. */
const curlFailures: Readonly<Record<number, string>> = {
  6: "host not resolved",
  7: "could not connect",
  28: "timed out",
  52: "empty reply",
  56: "connection reset",
};

/** An answer that is longer is none: the one who answers decides how long it gets. Bytes. */
const maxOutputBytes = 1024 * 1024;

/** One attempt, from inside a namespace. */
export async function reach(
  host: Host,
  netns: string | undefined,
  target: Target,
  timeoutSeconds: number,
): Promise<Answer> {
  const { http, tcp, ping, exec } = target;
  if (http) return get(host, netns, http, timeoutSeconds);
  const timeout = String(Math.max(1, Math.ceil(timeoutSeconds)));
  if (tcp) return byExitCode(host, netns, ["nc", "-z", "-w", timeout, tcp.address, String(tcp.port)], timeoutSeconds);
  if (ping)
    return byExitCode(host, netns, ["ping", "-n", "-q", "-c", "1", "-W", timeout, ping.address], timeoutSeconds);
  return byExitCode(host, netns, exec ?? [], timeoutSeconds, true);
}

async function get(host: Host, netns: string | undefined, http: Http, timeoutSeconds: number): Promise<Answer> {
  await requireTools(host, ["curl"]);
  // -q first: no .curlrc; and no proxy, whatever the environment says.
  const limits = ["--noproxy", "*", "--proto", "=http,https", "--max-time", String(timeoutSeconds)];
  const curl = ["curl", "-q", "-sS", "--globoff", ...limits, "--write-out", "%{stderr}%{http_code} %{time_total}"];
  const command = shellLine(enter(netns, [...curl, "--url", publicUrl(http.url)]));
  // The address may hold a secret, which no list of processes may show.
  const input = `url = "${http.url.replace(/["\\]/g, "\\$&")}"\n`;
  const result = await runTool(host, enter(netns, [...curl, "--config", "-"]), timeoutSeconds, { input });
  if (!result) return { ok: false, failure: tooLong, command };
  const { exitCode, stdout, stderr } = result;
  if (exitCode !== 0) {
    const isPublic = publicUrl(http.url) === http.url;
    const reason =
      curlFailures[exitCode] ?? (isPublic ? stderr.replace(/\d+ [\d.]+$/, "").trim() : "see curl's manual");
    return { ok: false, failure: `curl: exit ${exitCode}, ${reason}`, command };
  }
  const body = stdout.trim().slice(0, bodyLength).toWellFormed();
  const [status, seconds] = stderr.split(" ").map(Number);
  const milliseconds = Math.round(Number(seconds) * 1000);
  if (status !== http.expectStatus) return { ok: false, body, failure: `status ${status}`, milliseconds, command };
  const bodies = http.expectBody === undefined ? undefined : [http.expectBody].flat();
  if (!bodies || bodies.includes(body)) return { ok: true, body, milliseconds, command };
  return { ok: false, body, failure: "another body", milliseconds, command };
}

const tooLong = `an answer of more than ${maxOutputBytes} bytes`;

/**
 * That a command could not get into its namespace is no answer, least of all the failure that somebody expects. Undefined:
 * the answer was too long.
 */
async function runTool(
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

async function byExitCode(
  host: Host,
  netns: string | undefined,
  argv: readonly string[],
  timeoutSeconds: number,
  apart = false,
): Promise<Answer> {
  const entered = enter(netns, argv);
  const command = shellLine(entered);
  const started = performance.now();
  try {
    const result = await runTool(host, entered, timeoutSeconds, { apart });
    if (!result) return { ok: false, failure: tooLong, command };
    const { exitCode, stdout } = result;
    if (exitCode !== 0) return { ok: false, failure: `${argv[0]}: exit ${exitCode}`, command };
    // What ping measures is without the time that it takes to start a command.
    const measured = argv[0] === "ping" ? /^rtt .*= ([\d.]+)\//m.exec(stdout)?.[1] : undefined;
    return { ok: true, milliseconds: Math.round(Number(measured ?? performance.now() - started)), command };
  } catch (error) {
    if (!hasCode(error, "LN_TIMEOUT")) throw error;
    return { ok: false, failure: `${argv[0]}: ${error.summary}`, command };
  }
}

/** A command line as a shell takes it. */
function shellLine(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
