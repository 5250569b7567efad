import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { markOf } from "../../core/mark";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { alarm, pause } from "../../host/interrupt";
import { requireTools } from "../../host/requirements";
import { at, printable, seconds } from "../../schema/fields";
import { findMarked, isLeader, markedFor, processMark, type Running, readProcesses, signal } from "../../tools/process";
import { reach, type Target } from "../../tools/traffic";
import { oneOf, targetArgs } from "../checks/target-args";
import { listProcesses, locateProcess, parseProcess } from "./process-import";

const path = printable.regex(/^\//, "must be an absolute path");
const signals = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2"] as const;
const ways = ["http", "tcp", "exec"] as const;
// It is started by env, which would take a first word of these forms for its own option or variable.
const commandLine = z
  .array(printable)
  .min(1, "must name a command")
  .refine(
    ([command = ""]) => !/^$|^-|=/.test(command),
    'must not be empty, start with "-" or hold "=" in its first word',
  );

export const process = defineKind({
  type: "Process",
  summary: "A process that runs in a namespace for as long as the resource exists. A change of any input replaces it.",
  args: {
    /** The command and its arguments; no shell reads them. */
    command: commandLine.meta({ replace: true }),
    /** Network namespace. Default: the host's own. */
    // Not a parent: a process outlives the name of its namespace, and keeps it from going.
    netns: inNetns.netns.meta({ replace: true, reference: "name", parent: false }),
    /** Environment variables, beside PATH and LC_ALL=C; nothing else is passed on. */
    environment: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must have names of letters, digits and _"), printable)
      .optional()
      .meta({ replace: true }),
    /** Directory that it starts in. */
    workingDirectory: path.default("/").meta({ replace: true }),
    /** File that its output is appended to, mode 0600. Default: one below /run/pulumi-localnet that goes with the resource, or when a refresh finds no process. */
    logFile: path.optional().meta({ replace: true }),
    /** When it counts as started. Default: as soon as it runs. */
    ready: z
      .strictObject({
        ...targetArgs,
        /** A command that exits 0, in the same namespace. */
        exec: commandLine.optional(),
        /** Seconds to get ready in. */
        timeoutSeconds: seconds.default(10),
      })
      .optional()
      .meta({ replace: true }),
    /** Signal that asks it to end. */
    stopSignal: z
      .enum(signals, { error: `must be one of ${signals.join(", ")}` })
      .default("SIGTERM")
      .meta({ replace: true }),
    /** Seconds to end in, before SIGKILL. */
    stopTimeoutSeconds: seconds.default(5).meta({ replace: true }),
  },
  outputs: {
    /** Process id. */
    pid: z.number(),
    /** The file that holds its output. */
    log: z.string(),
    /** Clock ticks from boot to its start; with the next tells it from a later process of the same pid. */
    startTime: z.number(),
    /** The boot that it was started in. */
    bootId: z.string(),
  },
  needs: ["ip"],
  /** `RESOURCE@NETNS` with the name of the resource */
  id: ({ owner, netns }) => at(owner.split("/").pop() ?? owner, netns),

  *rules({ ready }) {
    const wrong = ready && oneOf(ready, ways);
    if (wrong) yield ["ready", wrong];
  },

  async observe(host, args, recorded) {
    const pids =
      recorded?.pid === undefined
        ? (await findMarked(host, args.owner)).filter(isLeader).map(({ pid }) => pid)
        : [recorded.pid];
    if (pids.length === 0) return undefined;
    const { bootId, processes } = await readProcesses(host, pids);
    const [found] = processes;
    const same = recorded?.pid === undefined || (bootId === recorded.bootId && found?.startTime === recorded.startTime);
    if (!found || !same) return undefined;
    const { pid, startTime } = found;
    if (!recorded?.imported) {
      return { owner: args.owner, inputs: {}, outputs: { pid, startTime, bootId, log: logOf(host, args) } };
    }
    const owner = await markedFor(host, pid, args.owner);
    return { owner, inputs: {}, outputs: { pid, startTime, bootId, log: recorded.log } };
  },

  async ensure(host, args, observed, recorded) {
    const log = logOf(host, args);
    let running: Known | undefined = observed?.outputs;
    if (running && recorded && recorded.owner !== args.owner) {
      // Renamed: the mark of what runs cannot be changed.
      await stop(host, recorded, [running]);
      await removeLog(host, recorded);
      running = undefined;
    }
    if (args.ready?.http) await requireTools(host, ["curl", "nsenter"]);
    if (args.ready?.tcp) await requireTools(host, ["nc", "nsenter"]);
    if (!running) {
      const inside = args.netns === undefined ? [] : ["ip", "netns", "exec", args.netns];
      const environment = { ...args.environment, ...processMark(args.owner) };
      const options = { environment, workingDirectory: args.workingDirectory, logFile: log };
      await host.start([...inside, ...args.command], options).catch(async (error) => {
        await removeLog(host, args);
        throw error;
      });
    }
    try {
      const started = running ?? (await executed(host, args));
      await ready(host, args, started);
      const { bootId } = await readProcesses(host, []);
      return { outputs: { pid: started.pid, startTime: started.startTime, log, bootId } };
    } catch (error) {
      const { stdout } = await host.run(["tail", "-n", "20", "--", log], { accept: "any" });
      await stop(host, args);
      await removeLog(host, args);
      if (!(error instanceof LocalnetError)) throw error;
      const end = stdout.trim()
        ? `; its output ends:\n    ${stdout.trim().replaceAll("\n", "\n    ")}`
        : "; it printed nothing";
      throw new LocalnetError(error.code, `${error.summary}${end}`, { ran: { argv: args.command } });
    }
  },

  async remove(host, args, { outputs }) {
    await stop(host, args, [outputs]);
  },

  async cleanUp(host, args) {
    await removeLog(host, args);
  },

  imports: { parse: parseProcess, list: listProcesses, locate: locateProcess, inputs: (args) => args },
});

interface ProcessArgs {
  readonly owner: string;
  readonly netns?: string | undefined;
  readonly logFile?: string | undefined;
  readonly ready?: (Target & { timeoutSeconds: number }) | undefined;
  readonly stopSignal: string;
  readonly stopTimeoutSeconds: number;
}

function logOf(host: Host, { owner, logFile }: ProcessArgs): string {
  return logFile ?? `${host.runDirectory}/${markOf(owner).replace("localnet:", "").replaceAll("/", "_")}.log`;
}

const pollMilliseconds = 100;
const startSeconds = 2;
/** Where one look takes as long as that, the start may too. */
const startLooks = 5;

/** Waits until the new process is what it was started for, no longer the ip or env that execute it. */
async function executed(host: Host, args: ProcessArgs): Promise<Running> {
  const deadline = Date.now() + startSeconds * 1000;
  let found: Running | undefined;
  for (let look = 1; look <= startLooks || Date.now() < deadline; look++) {
    const before = found;
    found = (await findMarked(host, args.owner)).find(isLeader);
    if (found && !["ip", "env", "setsid", "sudo"].includes(found.command)) return found;
    if (before && !found) break;
    await sleep(pollMilliseconds);
  }
  if (found) return found;
  throw new LocalnetError("LN_PROCESS", "it ended as soon as it was started");
}

async function ready(host: Host, args: ProcessArgs, started: Known): Promise<void> {
  const deadline = Date.now() + (args.ready?.timeoutSeconds ?? 0) * 1000;
  for (;;) {
    const answer = args.ready ? await reach(host, args.netns, args.ready, 2) : { ok: true };
    const { processes } = await readProcesses(host, [started.pid]);
    if (processes[0]?.startTime !== started.startTime)
      throw new LocalnetError("LN_PROCESS", "it ended before it was ready");
    if (answer.ok) return;
    if (Date.now() > deadline) {
      throw new LocalnetError(
        "LN_PROCESS",
        `not ready within ${args.ready?.timeoutSeconds} s: ${answer.failure}; it was stopped`,
      );
    }
    await pause(pollMilliseconds);
  }
}

type Known = Pick<Running, "pid" | "startTime">;

/** Ends it and all children that carry its mark. */
async function stop(host: Host, args: ProcessArgs, known: readonly Known[] = []): Promise<void> {
  if (await end(host, args.owner, args.stopSignal, args.stopTimeoutSeconds, known)) return;
  if (await end(host, args.owner, "SIGKILL", killSeconds, known)) return;
  throw new LocalnetError("LN_BUSY", `it did not end within ${killSeconds} s of SIGKILL`);
}

/** A log file that the user named is the user's. */
async function removeLog(host: Host, args: ProcessArgs): Promise<void> {
  if (args.logFile !== undefined) return;
  await host.run(["rm", "-f", "--", logOf(host, args)]);
  await host.run(["rmdir", "--ignore-fail-on-non-empty", "--", host.runDirectory], { accept: "any" });
}

const killSeconds = 5;

/** Tells whether all have ended in time. One that is ending, or has overwritten its environment, has no mark any more. */
async function end(host: Host, owner: string, name: string, limitSeconds: number, known: readonly Known[]) {
  let late = false;
  const cancel = alarm(limitSeconds, () => {
    late = true;
  });
  try {
    let left = [...(await stillThere(host, known)), ...(await findMarked(host, owner))];
    await signal(host, name.replace("SIG", ""), left);
    for (;;) {
      left = await stillThere(host, left);
      if (left.length === 0) left = await findMarked(host, owner);
      if (left.length === 0) return true;
      if (late) return false;
      await sleep(pollMilliseconds);
    }
  } finally {
    cancel();
  }
}

async function stillThere(host: Host, known: readonly Known[]): Promise<Known[]> {
  if (known.length === 0) return [];
  const { processes } = await readProcesses(
    host,
    known.map(({ pid }) => pid),
  );
  return known.filter((each) =>
    processes.some(({ pid, startTime }) => pid === each.pid && startTime === each.startTime),
  );
}
