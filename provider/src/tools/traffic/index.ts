import type { Host } from "../../host";
import { requireTools, type Tool } from "../../host/requirements";
import { publicUrl } from "../url";
import { type Dns, resolve } from "./dns";
import { get, type Http } from "./http";
import { connect, exchange, type Tcp, type Udp } from "./netcat";
import { type Ping, ping } from "./ping";
import { type Answer, bodyOf, exitReason, runClient } from "./run";

export type { Answer } from "./run";

/** A target to reach: exactly one of these. */
export interface Target {
  readonly http?: Http | undefined;
  readonly tcp?: Tcp | undefined;
  readonly udp?: Udp | undefined;
  readonly ping?: Ping | undefined;
  readonly dns?: Dns | undefined;
  readonly exec?: readonly string[] | undefined;
  /** Text that the output of `exec` must contain. */
  readonly expectOutput?: string | undefined;
}

const tools = { http: "curl", tcp: "nc", udp: "nc", ping: "ping", dns: "dig" } as const satisfies Record<string, Tool>;

/** Throws if the program for the target is missing. */
export async function requireToolsFor(host: Host, target: Target): Promise<void> {
  const ways = Object.keys(tools) as (keyof typeof tools)[];
  const needed = ways.filter((way) => target[way] !== undefined).map((way) => tools[way]);
  if (needed.length > 0) await requireTools(host, [...needed, "nsenter"]);
}

/** The name of a target, without secrets. */
export function nameOf({ http, tcp, udp, ping, dns, exec }: Target): string {
  if (http) return publicUrl(http.url);
  if (tcp) return `tcp://${tcp.address}:${tcp.port}`;
  if (udp) return `udp://${udp.address}:${udp.port}`;
  if (dns) return `dns ${dns.name} ${dns.type}`;
  return ping ? `ping ${ping.address}` : `exec ${exec?.[0]}`;
}

/** One attempt, from inside a namespace. */
export function reach(host: Host, netns: string | undefined, target: Target, timeoutSeconds: number): Promise<Answer> {
  const { http, tcp, udp, ping: echo, dns, exec = [] } = target;
  if (http) return get(host, netns, http, timeoutSeconds);
  if (tcp) return connect(host, netns, tcp, timeoutSeconds);
  if (udp) return exchange(host, netns, udp, timeoutSeconds);
  if (echo) return ping(host, netns, echo, timeoutSeconds);
  if (dns) return resolve(host, netns, dns, timeoutSeconds);
  return execute(host, netns, exec, target.expectOutput, timeoutSeconds);
}

/** Runs a command of the user. Processes that it started end with it. */
function execute(
  host: Host,
  netns: string | undefined,
  argv: readonly string[],
  expectOutput: string | undefined,
  timeoutSeconds: number,
): Promise<Answer> {
  const [name = ""] = argv;
  const judge = ({ exitCode, stdout }: { exitCode: number; stdout: string }) => {
    const body = bodyOf(stdout);
    const output = body === "" ? {} : { body };
    if (exitCode !== 0) return { ok: false, ...output, failure: exitReason(name, exitCode) };
    if (expectOutput === undefined || stdout.includes(expectOutput)) return { ok: true, ...output };
    return { ok: false, ...output, failure: "another output" };
  };
  return runClient(host, netns, argv, timeoutSeconds, judge, { apart: true });
}
