import { hasCode } from "../errors";
import type { Host, Result } from "../host";
import { commandError } from "../host/host";
import { enter } from "../host/netns";
import { requireTools } from "../host/requirements";

/** What one attempt to reach something gave: an answer, or why there was none. */
export interface Answer {
  readonly ok: boolean;
  /** The body of an HTTP answer, without blanks around it. */
  readonly body?: string;
  /** Why it is not ok. */
  readonly failure?: string;
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
  if (tcp) return plain(host, netns, ["nc", "-z", "-w", timeout, tcp.address, String(tcp.port)], timeoutSeconds);
  if (ping) return plain(host, netns, ["ping", "-n", "-q", "-c", "1", "-W", timeout, ping.address], timeoutSeconds);
  return plain(host, netns, exec ?? [], timeoutSeconds, true);
}

async function get(host: Host, netns: string | undefined, http: Http, timeoutSeconds: number): Promise<Answer> {
  await requireTools(host, ["curl"]);
  // -q first: no .curlrc; and no proxy, whatever the environment says.
  const options = [
    "-q",
    "-sS",
    "--globoff",
    "--noproxy",
    "*",
    "--proto",
    "=http,https",
    "--max-time",
    String(timeoutSeconds),
  ];
  const argv = enter(netns, ["curl", ...options, "--write-out", "%{stderr}%{http_code}", "--url", http.url]);
  const { exitCode, stdout, stderr } = await look(host, argv, timeoutSeconds);
  if (exitCode !== 0) {
    const known = curlFailures[exitCode];
    return { ok: false, failure: `curl: exit ${exitCode}, ${known ?? stderr.trim()}` };
  }
  const body = stdout.trim().slice(0, bodyLength).toWellFormed();
  const status = Number(stderr);
  if (status !== http.expectStatus) return { ok: false, body, failure: `status ${status}` };
  const bodies = http.expectBody === undefined ? undefined : [http.expectBody].flat();
  return !bodies || bodies.includes(body) ? { ok: true, body } : { ok: false, body, failure: "another body" };
}

/** Runs a command that looks. That it could not get into its namespace is no answer, least of all the failure that somebody expects. */
async function look(host: Host, argv: readonly string[], timeoutSeconds: number, apart = false): Promise<Result> {
  const result = await host.run(argv, { accept: "any", timeoutSeconds: timeoutSeconds + 10, apart });
  if (result.exitCode !== 0 && result.stderr.startsWith("nsenter: ")) throw commandError(argv, result);
  return result;
}

async function plain(
  host: Host,
  netns: string | undefined,
  argv: readonly string[],
  timeoutSeconds: number,
  apart = false,
): Promise<Answer> {
  try {
    const { exitCode } = await look(host, enter(netns, argv), timeoutSeconds, apart);
    return exitCode === 0 ? { ok: true } : { ok: false, failure: `${argv[0]}: exit ${exitCode}` };
  } catch (error) {
    if (hasCode(error, "LN_TIMEOUT")) return { ok: false, failure: `${argv[0]}: ${error.summary}` };
    throw error;
  }
}
