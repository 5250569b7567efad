import type { Host } from "../host";
import { findByEnvironment, readBeginning, readLimit, readStats } from "./proc";

export interface Running {
  readonly pid: number;
  readonly command: string;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks from boot to its start. Together with pid and boot id, it identifies a process. */
  readonly startTime: number;
  /** It no longer executes anything, but may still hold its files and sockets for a moment. */
  readonly isEnding: boolean;
}

export interface Processes {
  /** The id of the running boot. */
  readonly bootId: string;
  readonly processes: readonly Running[];
}

/** Those of the given processes that exist, without zombies. */
export async function readProcesses(host: Host, pids: readonly number[]): Promise<Processes> {
  const { bootId, stats } = await readStats(host, pids);
  return { bootId, processes: stats.flatMap(([pid, text]) => parseStat(pid, text) ?? []) };
}

/** PF_EXITING, one of the flags of a process. */
const exiting = 4;

/** Parses /proc/PID/stat. The name is in parentheses, and may contain anything, even newlines and parentheses. */
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

/** The processes with a matching environment, in the order of their start. */
export async function processesWith(host: Host, matches: (words: string[]) => boolean): Promise<Processes> {
  const { bootId, processes } = await readProcesses(host, await findByEnvironment(host, matches));
  return { bootId, processes: [...processes].sort((a, b) => a.startTime - b.startTime || a.pid - b.pid) };
}

/** The arguments or the environment of a process; empty: it has ended; undefined: longer than the limit. */
export async function readWords(host: Host, pid: number, file: "cmdline" | "environ"): Promise<string[] | undefined> {
  const text = (await readBeginning(host, `/proc/${pid}/${file}`)) ?? "";
  return Buffer.byteLength(text) < readLimit ? text.split("\0").slice(0, -1) : undefined;
}

export async function signal(host: Host, name: string, processes: readonly Pick<Running, "pid">[]): Promise<void> {
  if (processes.length === 0) return;
  const pids = new Set(processes.map(({ pid }) => String(pid)));
  // A process that has ended in the meantime is not an error.
  await host.run(["kill", "-s", name, "--", ...pids], { accept: "any" });
}
