import { markOf, ownerIn } from "../core/mark";
import type { Host } from "../host";

/** The environment variable that marks a process, and its children unless they clear it. */
const markVariable = "LOCALNET_ID";

export function processMark(owner: string): Record<string, string> {
  return { [markVariable]: markOf(owner) };
}

export interface Running {
  readonly pid: number;
  readonly command: string;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks between boot and its start; with pid and boot id it tells a process from any other. */
  readonly startTime: number;
}

/** The processes that carry a mark. */
export async function findMarked(host: Host, owner: string): Promise<Running[]> {
  const grep = ["grep", "-lszxF", "-e", `${markVariable}=${markOf(owner)}`, "{}", "+"];
  const argv = ["find", "/proc", "-mindepth", "2", "-maxdepth", "2", "-path", "/proc/[0-9]*/environ", "-exec", ...grep];
  // Processes end while find looks at them, or there is none: 1 is an answer.
  const { stdout } = await host.run(argv, { accept: [0, 1] });
  const pids = [...stdout.matchAll(/^\/proc\/(\d+)\/environ$/gm)].map((match) => Number(match[1]));
  return pids.length ? (await readProcesses(host, pids)).processes : [];
}

/** The processes of these that exist, zombies left out, and the id of the running boot. */
export async function readProcesses(
  host: Host,
  pids: readonly number[],
): Promise<{ bootId: string; processes: Running[] }> {
  const files = pids.map((pid) => `/proc/${pid}/stat`);
  const { stdout } = await host.run(["cat", "/proc/sys/kernel/random/boot_id", ...files], { accept: [0, 1] });
  const [bootId = "", ...lines] = stdout.split("\n");
  return { bootId, processes: lines.flatMap(parseStat) };
}

/** A line of /proc/PID/stat; the command's name, in parentheses, may hold blanks and parentheses itself. */
export function parseStat(line: string): Running[] {
  const match = /^(\d+) \((.*)\) (.*)$/.exec(line);
  const fields = match?.[3]?.split(" ") ?? [];
  if (!match || ["Z", "X"].includes(fields[0] ?? "")) return [];
  return [
    {
      ...{ pid: Number(match[1]), command: match[2] ?? "", parent: Number(fields[1]) },
      ...{ session: Number(fields[3]), startTime: Number(fields[19]) },
    },
  ];
}

/** It was started in a session of its own, which its children share. */
export function isLeader({ pid, session }: Running): boolean {
  return pid === session;
}

/** Its arguments, or its environment; none of one that has ended. */
export async function readWords(host: Host, pid: number, file: "cmdline" | "environ"): Promise<string[]> {
  const { stdout } = await host.run(["cat", `/proc/${pid}/${file}`], { accept: [0, 1] });
  return stdout.split("\0").slice(0, -1);
}

/** Whose mark it carries; "" for nobody's. */
export async function markedFor(host: Host, pid: number, owner: string): Promise<string> {
  const begin = `${markVariable}=`;
  const mark = (await readWords(host, pid, "environ")).find((each) => each.startsWith(begin));
  return mark === undefined ? "" : ownerIn(mark.slice(begin.length), owner);
}

export async function signal(host: Host, name: string, processes: readonly Pick<Running, "pid">[]): Promise<void> {
  if (processes.length === 0) return;
  const pids = new Set(processes.map(({ pid }) => String(pid)));
  // One that has ended meanwhile is no failure.
  await host.run(["kill", "-s", name, "--", ...pids], { accept: "any" });
}
