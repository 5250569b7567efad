import type { Host } from "../host";
import { findByEnvironment, readBeginning, readLimit, readStats } from "./proc";

export interface Running {
  readonly pid: number;
  readonly command: string;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks between boot and its start; with pid and boot id it tells a process from any other. */
  readonly startTime: number;
  /** It executes nothing any more, and may hold its files and sockets for a moment. */
  readonly isEnding: boolean;
}

export interface Processes {
  /** The id of the running boot. */
  readonly bootId: string;
  readonly processes: readonly Running[];
}

/** The processes of these that exist, zombies left out. */
export async function readProcesses(host: Host, pids: readonly number[]): Promise<Processes> {
  const { bootId, stats } = await readStats(host, pids);
  return { bootId, processes: stats.flatMap(([pid, text]) => parseStat(pid, text) ?? []) };
}

/** PF_EXITING, among a process's flags. */
const exiting = 4;

/** The text of /proc/PID/stat. The name, in parentheses, may hold anything, a newline and parentheses too. */
export function parseStat(pid: number, text: string): Running | undefined {
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  if (["Z", "X"].includes(fields[0] ?? "")) return undefined;
  return {
    ...{ pid, command: text.slice(text.indexOf("(") + 1, end), parent: Number(fields[1]) },
    ...{ session: Number(fields[3]), startTime: Number(fields[19]) },
    isEnding: (Number(fields[6]) & exiting) !== 0,
  };
}

/** The processes that have such an environment, the first that was started first. */
export async function processesWith(host: Host, matches: (words: string[]) => boolean): Promise<Processes> {
  const { bootId, processes } = await readProcesses(host, await findByEnvironment(host, matches));
  return { bootId, processes: [...processes].sort((a, b) => a.startTime - b.startTime || a.pid - b.pid) };
}

/** Its arguments, or its environment; none of one that has ended, undefined when it is longer than is read. */
export async function readWords(host: Host, pid: number, file: "cmdline" | "environ"): Promise<string[] | undefined> {
  const text = (await readBeginning(host, `/proc/${pid}/${file}`)) ?? "";
  return Buffer.byteLength(text) < readLimit ? text.split("\0").slice(0, -1) : undefined;
}

export async function signal(host: Host, name: string, processes: readonly Pick<Running, "pid">[]): Promise<void> {
  if (processes.length === 0) return;
  const pids = new Set(processes.map(({ pid }) => String(pid)));
  // One that has ended meanwhile is no failure.
  await host.run(["kill", "-s", name, "--", ...pids], { accept: "any" });
}
