import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stack } from "./engine";

/** Lines that the CLI prints when it begins and ends an operation on a resource. */
const progress = /^ .*?(?:creating|created|updating|updated|deleting|deleted) \([\d.]+s\)/gm;

/** A run of the CLI that can be interrupted or killed. */
export class Cli {
  text = "";
  readonly ended: Promise<unknown>;
  private readonly child: ChildProcess;
  private readonly started = Date.now();

  constructor(
    private readonly stack: Stack,
    args: readonly string[],
  ) {
    // In its own process group, as in a terminal.
    const [file = "", ...rest] = [...stack.enterArgv, "setsid", "--wait", ...stack.argv(args)];
    this.child = spawn(file, rest, { cwd: stack.project, env: stack.env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.text += text;
      });
    }
    this.ended = once(this.child, "exit");
  }

  get steps(): number {
    return this.text.match(progress)?.length ?? 0;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits for the n-th line of progress. False: the run ended before. */
  async reach(step: number): Promise<boolean> {
    while (this.running && this.steps < step) {
      if (Date.now() - this.started > 10 * 60_000) throw new Error(`no end within 10 minutes\n${this.text}`);
      await sleep(5);
    }
    return this.running;
  }

  /** The process of the CLI, which other processes started. */
  get pid(): number {
    let pid = this.child.pid ?? 0;
    while (!/(^|\/)pulumi$/.test(argumentsOf(pid)[0] ?? "")) {
      const [next] = childrenOf(pid);
      if (!next) throw new Error(`the CLI is not there\n${this.text}`);
      pid = next;
    }
    return pid;
  }

  /** Stops it, and returns a function that continues it. */
  freeze(): () => void {
    const group = -this.pid;
    process.kill(group, "SIGSTOP");
    return () => {
      process.kill(group, "SIGCONT");
      // nsenter stops too when its child stops.
      this.child.kill("SIGCONT");
    };
  }

  /** Interrupts it, like ^C in a terminal. Returns the seconds until it ended. */
  async interrupt(): Promise<number> {
    const sent = Date.now();
    process.kill(-this.pid, "SIGINT");
    await this.ended;
    return (Date.now() - sent) / 1000;
  }

  /** Kills it. Returns the processes that it leaves behind. */
  async kill(): Promise<Process[]> {
    process.kill(this.pid, "SIGKILL");
    await this.ended;
    return this.processes;
  }

  /** A process and all its descendants. */
  get processes(): Process[] {
    return inheritors(`PULUMI_HOME=${this.stack.env.PULUMI_HOME}`);
  }
}

export interface Process {
  readonly pid: number;
  readonly startTime: string;
  readonly argv: readonly string[];
}

/** Waits until these processes have ended. Returns those that still run after a time. */
export async function gone(processes: readonly Process[], seconds: number): Promise<Process[]> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const left = processes.filter(({ pid, startTime }) => startTimeOf(pid) === startTime);
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(50);
  }
}

/** The children of a process, which the kernel lists by thread. */
function childrenOf(pid: number): number[] {
  const threads = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  const lists = threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`) ?? "");
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

/** The processes with this text in their environment. */
export function inheritors(entry: string): Process[] {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.flatMap((pid) => {
    const startTime = startTimeOf(pid);
    const ours = read(`/proc/${pid}/environ`)?.split("\0").includes(entry);
    return ours && startTime !== undefined ? [{ pid, startTime, argv: argumentsOf(pid) }] : [];
  });
}

/** Undefined if it does not exist or has ended, like a zombie. */
function startTimeOf(pid: number): string | undefined {
  const fields = read(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /, "")
    .split(" ");
  return fields && fields[0] !== "Z" ? fields[19] : undefined;
}

function argumentsOf(pid: number): string[] {
  return (read(`/proc/${pid}/cmdline`) ?? "").split("\0").filter(Boolean);
}

function read(path: string): string | undefined {
  return attempt(() => readFileSync(path, "utf8"));
}

/** Undefined if the process has ended. */
function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
