import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { hintOf } from "../../host/command-error";
import { requireNetns } from "../../host/netns";
import { at, printable, seconds, text } from "../../schema/fields";
import { requireToolsFor } from "../../tools/traffic";
import { commandLine, oneOf, targetArgs } from "../checks/target-args";
import { listProcesses, locateProcess, parseProcess } from "./process-import";
import { findProcess, stop, waitForStart, waitUntilReady } from "./process-life";
import { logOf, readLogEnd, removeLog } from "./process-log";
import { eraseMark, markedFor, markVariables, newMark } from "./process-mark";
import { netnsInodeOf, observeNetns, observeStart } from "./process-observe";
import { userName, wordsToRunAs } from "./process-user";

const path = printable.regex(/^\//, "must be an absolute path");
const signals = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2"] as const;
const ways = ["http", "tcp", "exec"] as const;
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must have names of letters, digits and _")
  .refine(
    (name) => !markVariables.includes(name),
    `must not contain ${markVariables.join(" or ")}, which mark the process`,
  );

export const process = defineKind({
  type: "Process",
  summary: "A process that runs in a namespace as long as the resource exists. A change of any input replaces it.",
  args: {
    /** The command and its arguments, run without a shell. Arguments may contain any text, even several lines. */
    command: commandLine.meta({ replace: true }),
    /** Network namespace. Default: the host's own. */
    // Not a parent: a process outlives the name of its namespace, and keeps the namespace from disappearing.
    netns: inNetns.netns.meta({ replace: true, reference: "name", parent: false }),
    /**
     * Environment variables. PATH and LC_ALL=C are always set, and nothing else is passed on. On the host, only root and the
     * user of the process can read them. The state contains them, encrypted if they are secrets.
     */
    environment: z.record(variable, text).optional().meta({ replace: true }),
    /**
     * User of the host that runs the process, by name or number, with the groups of that user (`setpriv`). The provider's own
     * user runs `ready.exec`. The output goes to the log, which this user cannot open by itself (`/dev/stdout`). Default: the
     * provider's own user; with `sudo`, root.
     */
    user: userName.optional().meta({ replace: true }),
    /** Working directory at the start. */
    workingDirectory: path.default("/").meta({ replace: true }),
    /**
     * File to which its output is appended, mode 0600. Default: a file below /run/pulumi-localnet that is removed with the
     * resource, and emptied when the process starts again.
     */
    logFile: path.optional().meta({ replace: true }),
    /** When the process counts as started. Default: as soon as it runs. */
    ready: z
      .strictObject({
        ...targetArgs,
        /** A command that exits 0, in the same namespace. */
        exec: commandLine.optional(),
        /** Seconds to become ready. */
        timeoutSeconds: seconds.default(10),
      })
      .optional()
      .meta({ replace: true }),
    /** Signal that asks it to end. */
    stopSignal: z
      .enum(signals, { error: `must be one of ${signals.join(", ")}` })
      .default("SIGTERM")
      .meta({ replace: true }),
    /** Seconds to end before it gets SIGKILL. */
    stopTimeoutSeconds: seconds.default(5).meta({ replace: true }),
  },
  outputs: {
    /** Process id. */
    pid: z.int(),
    /** File of its output. */
    log: z.string(),
    /** Clock ticks from boot to its start. Together with `bootId` it tells the process from a later one with the same pid. */
    startTime: z.int(),
    /** Boot in which it was started. */
    bootId: z.string(),
    /** Inode of the network namespace in which it was started. */
    netnsInode: z.int().optional(),
  },
  needs: ["ip"],
  /** `RESOURCE@NETNS` with the name of the resource */
  id: ({ owner, netns }) => at(owner.split("/").pop() ?? owner, netns),

  *rules({ ready }) {
    const wrong = ready && oneOf(ready, ways);
    if (wrong) yield ["ready", wrong];
  },

  async observe(host, args, recorded) {
    const running = await findProcess(host, args.owner, recorded);
    if (!running) return undefined;
    const { pid, startTime, bootId, hasEnded } = running;
    const imported = recorded?.imported;
    const isRecorded = recorded?.pid !== undefined;
    const netnsInode = recorded?.netnsInode ?? (await netnsInodeOf(host, pid));
    // In the host's own namespace, a process may enter another one by itself, as `ip netns exec` does.
    const isCompared = args.netns !== undefined || !isRecorded;
    const netns = isCompared ? await observeNetns(host, args, netnsInode) : undefined;
    const inputs = {
      ...(!isRecorded && (await observeStart(host, args, pid))),
      ...(hasEnded && { command: undefined }),
      ...(isCompared && { netns }),
    };
    return {
      owner: imported ? await markedFor(host, pid, args.owner) : args.owner,
      inputs,
      outputs: { pid, startTime, bootId, netnsInode, log: imported ? recorded.log : logOf(host, args) },
      detail: { isOutdated: hasEnded || (isCompared && netns !== args.netns) },
    };
  },

  async ensure(host, args, observed, recorded) {
    const log = logOf(host, args);
    const isRenamed = recorded !== undefined && recorded.owner !== args.owner;
    const runs = observed && !isRenamed && !observed.detail.isOutdated;
    if (observed && !runs) {
      // The mark and the namespace of a running process cannot be changed.
      await stop(host, recorded ?? args, [observed.outputs]);
    }
    if (isRenamed) await clear(host, recorded);
    if (args.ready) await requireToolsFor(host, args.ready);
    if (!runs) {
      if (args.netns !== undefined) await requireNetns(host, args.netns);
      const asUser = await wordsToRunAs(host, args.user);
      await removeLog(host, args);
      const starter = args.netns === undefined ? asUser : ["ip", "netns", "exec", args.netns, ...asUser];
      const environment = { ...(await newMark(host, args.owner)), ...args.environment };
      const options = { environment, workingDirectory: args.workingDirectory, logFile: log };
      await host.start([...starter, ...args.command], options).catch(async (error) => {
        // The connection may break after the start. A process that cannot be ended now keeps its mark.
        await stop(host, args).then(
          () => clear(host, args),
          () => undefined,
        );
        throw error;
      });
    }
    try {
      const started = runs ? { ...observed.outputs, hasEnded: false } : await waitForStart(host, args);
      const { pid, startTime, bootId } = await waitUntilReady(host, args, started, !runs);
      const netnsInode = runs ? observed.outputs.netnsInode : await netnsInodeOf(host, pid);
      return { outputs: { pid, startTime, bootId, netnsInode, log } };
    } catch (error) {
      // If the process already ran, a log file that the user chose may not contain its output.
      const isOurs = !runs || args.logFile === undefined;
      const end = isOurs ? await readLogEnd(host, log) : "";
      await stop(host, args);
      await clear(host, args);
      if (!(error instanceof LocalnetError)) throw error;
      const printed = end ? `; its output ends:\n    ${end.replaceAll("\n", "\n    ")}` : "; it printed nothing";
      const { code, summary, command = { argv: args.command }, hint = hintOfStart(end) } = error;
      throw new LocalnetError(code, `${summary}${isOurs ? printed : ""}`, { command, hint });
    }
  },

  async remove(host, args, { outputs }) {
    await stop(host, args, [outputs]);
  },

  async cleanUp(host, args) {
    await clear(host, args);
  },

  noted: { parse: (owner) => ({ owner }) },

  imports: {
    parse: parseProcess,
    list: listProcesses,
    locate: locateProcess,
    inputs: (args, { inputs }) => ({ ...args, ...inputs }),
  },
});

/** Removes what a process leaves behind: its log and its entry in the ledger. */
async function clear(host: Host, args: { readonly owner: string; readonly logFile?: string | undefined }) {
  await removeLog(host, args);
  await eraseMark(host, args.owner);
}

/** The hint if the command could not be run: its output then contains the kernel's error. */
function hintOfStart(end: string): string | undefined {
  return /^(exec of ".*" failed|setpriv: failed to execute .*): /.test(end) ? hintOf(end) : undefined;
}
