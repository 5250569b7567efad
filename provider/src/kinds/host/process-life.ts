import { setTimeout as sleep } from "node:timers/promises";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { alarm, pause } from "../../host/interrupt";
import { secondsLeft, showProgress } from "../../host/operation";
import { type Processes, type Running, readProcesses, readWords, signal } from "../../tools/process";
import { type Answer, nameOf, reach, type Target } from "../../tools/traffic";
import { findMarked } from "./process-mark";

interface ProcessArgs {
  readonly owner: string;
  readonly command: readonly string[];
  readonly netns?: string | undefined;
  readonly ready?: (Target & { timeoutSeconds: number }) | undefined;
  readonly stopSignal: string;
  readonly stopTimeoutSeconds: number;
}

/** What identifies a process. */
type Identity = Pick<Running, "pid" | "startTime">;

interface Known {
  readonly pid?: number | undefined;
  readonly startTime?: number | undefined;
  readonly bootId?: string | undefined;
  readonly imported?: boolean | undefined;
}

interface ObservedProcess extends Identity {
  readonly bootId: string;
  /** The process has ended, and this is one of its children. */
  readonly hasEnded: boolean;
}

/**
 * The running process of a resource. A process that goes to the background starts another one with its mark in a new
 * session, and that one counts. Children that it leaves behind stay in its own session.
 */
export async function findProcess(host: Host, owner: string, known: Known = {}): Promise<ObservedProcess | undefined> {
  if (known.pid !== undefined) {
    const { bootId, processes } = await readProcesses(host, [known.pid]);
    const [same] = processes.filter(runs);
    if (same && bootId === known.bootId && same.startTime === known.startTime) return runningProcess(bootId, same);
  }
  if (known.imported) return undefined;
  const { bootId, processes: marked } = await findMarked(host, owner);
  const processes = marked.filter(runs);
  const isChild = ({ pid, session }: Running) => bootId === known.bootId && session === known.pid && pid !== known.pid;
  const first = processes.find((each) => !isChild(each)) ?? processes[0];
  return first && runningProcess(bootId, first, isChild(first));
}

/** A process that is ending counts as ended here. `stop` waits until it has ended completely. */
function runs({ isEnding }: Running): boolean {
  return !isEnding;
}

function runningProcess(bootId: string, { pid, startTime }: Identity, hasEnded = false): ObservedProcess {
  return { pid, startTime, bootId, hasEnded };
}

const pollMilliseconds = 100;
const startSeconds = 2;
/** Fewest searches: if a search takes long, the start may take long too. */
const startPolls = 5;
/** The programs that start a command. */
const starters = ["ip", "env", "setsid", "sudo", "nsenter", "setpriv"];

/** Waits until a new process executes its command, and no longer one of the programs that start it. */
export async function waitForStart(host: Host, args: ProcessArgs): Promise<ObservedProcess> {
  const deadline = Date.now() + startSeconds * 1000;
  let last: ObservedProcess | undefined;
  for (let poll = 1; poll <= startPolls || Date.now() < deadline; poll++) {
    const { bootId, processes } = await findMarked(host, args.owner);
    const [first] = processes;
    if (first && !(await isStarting(host, first, args.command))) return runningProcess(bootId, first);
    if (last && !first) break;
    last = first && runningProcess(bootId, first);
    await sleep(pollMilliseconds);
  }
  if (last) return last;
  throw new LocalnetError("LN_PROCESS", "it ended immediately");
}

async function isStarting(host: Host, { pid }: Running, command: readonly string[]): Promise<boolean> {
  const words = (await readWords(host, pid, "cmdline")) ?? [];
  const starter = words[0]?.split("/").pop() ?? "";
  if (words.length === 0) return true;
  return (
    starters.includes(starter) &&
    words.length > command.length &&
    words.slice(-command.length).join("\0") === command.join("\0")
  );
}

/**
 * Waits until a process is ready. Returns it, or the background process that replaced it. A new process is checked twice: it
 * may end or go to the background right after the first check.
 */
export async function waitUntilReady(
  host: Host,
  args: ProcessArgs,
  started: ObservedProcess,
  isNew: boolean,
): Promise<ObservedProcess> {
  const readySeconds = args.ready?.timeoutSeconds ?? 0;
  const limit = Math.min(readySeconds, Math.max(0, secondsLeft()));
  const began = Date.now();
  let current = started;
  for (let isFirst = isNew; ; isFirst = false) {
    const answer: Pick<Answer, "ok" | "failure"> = args.ready
      ? await reach(host, args.netns, args.ready, 2)
      : { ok: true };
    const now = await findProcess(host, args.owner, current);
    // A process that goes to the background in two steps leaves one in the session of the first, just like a crash.
    const isOnItsWay = isNew && Date.now() - began < startSeconds * 1000;
    if (!now || (now.hasEnded && !isOnItsWay)) throw new LocalnetError("LN_PROCESS", "it ended before it was ready");
    const isSame = now.pid === current.pid;
    current = { ...now, hasEnded: false };
    if (answer.ok && isSame && !isFirst) return current;
    if (!answer.ok) {
      if (Date.now() > began + limit * 1000) {
        const time = limit < readySeconds ? `the time of customTimeouts, ${Math.round(limit)} s` : `${readySeconds} s`;
        throw new LocalnetError("LN_PROCESS", `not ready within ${time}: ${answer.failure}; it was stopped`);
      }
      showProgress(`waiting for ${nameOf(args.ready ?? {})}: ${answer.failure}`);
    }
    await pause(pollMilliseconds);
  }
}

const killSeconds = 5;

/** Ends a process and all others with its mark. */
export async function stop(host: Host, args: ProcessArgs, known: readonly Identity[] = []): Promise<void> {
  if (await end(host, args.owner, args.stopSignal, args.stopTimeoutSeconds, known)) return;
  if (await end(host, args.owner, "SIGKILL", killSeconds, known)) return;
  throw new LocalnetError("LN_BUSY", `it did not end within ${killSeconds} s of SIGKILL`);
}

/**
 * Signals all of them, and those that they start in the meantime. Returns whether all have ended in time. `known`: a process
 * that is ending or has overwritten its environment has no mark any more.
 */
async function end(
  host: Host,
  owner: string,
  name: string,
  limitSeconds: number,
  known: readonly Identity[],
): Promise<boolean> {
  let late = false;
  const cancel = alarm(limitSeconds, () => {
    late = true;
  });
  try {
    const signalled: Identity[] = [];
    let left = await existing(host, known);
    for (;;) {
      const { processes } = await findMarked(host, owner, { withoutKey: true });
      left.push(...processes.filter((each) => !left.some(is(each))));
      if (left.length === 0) return true;
      const fresh = left.filter((each) => !signalled.some(is(each)));
      await signal(host, name.replace("SIG", ""), fresh);
      signalled.push(...fresh);
      if (late) return false;
      await sleep(pollMilliseconds);
      left = await existing(host, left);
    }
  } finally {
    cancel();
  }
}

function is(one: Identity): (other: Identity) => boolean {
  return ({ pid, startTime }) => pid === one.pid && startTime === one.startTime;
}

async function existing(host: Host, known: readonly Identity[]): Promise<Identity[]> {
  if (known.length === 0) return [];
  const { processes }: Processes = await readProcesses(
    host,
    known.map(({ pid }) => pid),
  );
  return known.filter((each) => processes.some(is(each)));
}
