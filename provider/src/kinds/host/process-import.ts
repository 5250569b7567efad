import type { Importable } from "../../core/kind";
import type { Host } from "../../host";
import { pause } from "../../host/interrupt";
import { at, parseAt } from "../../schema/fields";
import { netnsPids } from "../../tools/ip/batch";
import { readLinks } from "../../tools/proc";
import { readProcesses, readWords } from "../../tools/process";
import { findMarked } from "./process-mark";
import { observeUser } from "./process-user";

interface Place {
  readonly owner: string;
  readonly netns?: string | undefined;
}

export function parseProcess(id: string): { netns: string | undefined } | undefined {
  const named = parseAt(id);
  return named && { netns: named.netns };
}

/** A process that somebody else started has no name, so its id has its pid instead. Its environment may contain secrets. */
export async function locateProcess<A extends Place>(host: Host, args: A, id: string): Promise<object | undefined> {
  const given = /^([1-9]\d*)(?:@|$)/.exec(id)?.[1];
  const pid = given ? Number(given) : (await findMarked(host, args.owner)).processes[0]?.pid;
  if (pid === undefined) return undefined;
  const [directory, network, ours, output] = [
    `/proc/${pid}/cwd`,
    `/proc/${pid}/ns/net`,
    "/proc/self/ns/net",
    `/proc/${pid}/fd/1`,
  ] as const;
  const links = await readLinks(host, [directory, network, ours, output]);
  const isInNamespace =
    args.netns === undefined
      ? links.get(network) === links.get(ours)
      : (await netnsPids(host, args.netns)).includes(String(pid));
  const command = await readWords(host, pid, "cmdline");
  const { bootId, processes } = await readProcesses(host, [pid]);
  const startTime = processes[0]?.startTime;
  if (!isInNamespace || startTime === undefined) return undefined;
  const user = await observeUser(host, undefined, pid);
  const [workingDirectory, log] = [links.get(directory), links.get(output) ?? ""];
  return { ...args, command, user, workingDirectory, pid, startTime, bootId, log };
}

const settleMilliseconds = 300;
/** On a busy machine, a command of this provider may run for longer than usual. */
const patienceMilliseconds = 3000;

/**
 * The processes of a namespace that no other process there has started; none for the host's own, where most are the
 * system's.
 */
export async function listProcesses(host: Host, netns: string | undefined): Promise<Importable[]> {
  if (netns === undefined) return [];
  const list = async () => (await readProcesses(host, (await netnsPids(host, netns)).map(Number))).processes;
  let stay = await list();
  if (stay.length === 0) return [];
  // A command that reads the namespace runs in it too, and ends soon.
  const deadline = Date.now() + patienceMilliseconds;
  do {
    await pause(settleMilliseconds);
    const before = stay;
    stay = (await list()).filter(({ pid }) => before.some((each) => each.pid === pid));
  } while (stay.some(({ parent }) => parent === process.pid) && Date.now() < deadline);
  const first = stay.filter(({ parent }) => stay.every(({ pid }) => pid !== parent));
  return first.map(({ pid }) => ({ id: at(String(pid), netns) }));
}
