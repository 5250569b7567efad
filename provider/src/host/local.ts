import { spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { LocalnetError } from "../errors";
import { commandError, environment, type Host, type Result, settle, timeoutError, withEnvironment } from "./host";
import { alarm, interrupted } from "./interrupt";
import { privateDirectory } from "./private";

export function localHost(sudo: boolean, timeoutSeconds: number): Host {
  const root = process.getuid?.() === 0;
  const elevated = sudo && !root;
  const prefix = elevated ? ["sudo", "-n", "--", ...withEnvironment()] : [];
  // What sudo runs is root's, who alone can end it.
  const limited = (seconds: number) => (elevated ? [...prefix, "timeout", "-k", "1", String(seconds + 1)] : []);

  const runDirectory = root
    ? "/run/pulumi-localnet"
    : join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `pulumi-localnet-${userInfo().uid}`);

  return {
    runDirectory,
    isLocal: !elevated,

    async run(argv, options = {}) {
      const seconds = options.timeoutSeconds ?? timeoutSeconds;
      return settle(argv, await execute([...limited(seconds), ...argv], seconds, options.input), options);
    },

    async start(argv, { environment: extra, workingDirectory, logFile }) {
      const log = open(logFile, () => {
        if (dirname(logFile) === runDirectory) privateDirectory(runDirectory);
      });
      const full = [...(elevated ? ["sudo", "-n", "--", "setsid"] : []), ...withEnvironment(extra), ...argv];
      const [file = "", ...args] = full;
      try {
        const child = spawn(file, args, {
          env: environment,
          cwd: workingDirectory,
          detached: true,
          stdio: ["ignore", log, log],
        });
        await new Promise<void>((resolve, reject) => {
          child.once("spawn", resolve);
          // env is there: what is missing is the folder.
          child.once("error", (cause) => {
            const hint = "see that the workingDirectory exists";
            reject(new LocalnetError("LN_PROCESS", `cannot start in ${workingDirectory}: ${cause}`, { hint }));
          });
        });
        child.unref();
      } finally {
        closeSync(log);
      }
    },

    during: (argv, seconds, body) => during(argv, [...prefix, ...argv], seconds, body),
  };
}

/** Runs a command of its own process group: the engine signals the provider's group on ^C, a command half-way must end by itself. */
export async function execute(argv: readonly string[], seconds: number, input?: string): Promise<Result> {
  const [file = "", ...args] = argv;
  // Loaded when it is needed: a program that declares resources runs no command, and would wait for it at each start.
  const { execa } = require("execa") as typeof import("execa");
  const child = execa(file, args, {
    env: environment,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  let cancel = () => {};
  const late = new Promise<never>((_resolve, reject) => {
    cancel = alarm(seconds, () => {
      reject(timeoutError(argv, seconds));
      killGroup(child.pid);
      // A child of its own session may still have these open.
      child.stdout.destroy();
      child.stderr.destroy();
    });
  });
  const { exitCode, stdout, stderr, cause, signal } = await Promise.race([child, late]).finally(cancel);
  if (exitCode === undefined && !signal) throw cannotStart(argv, cause);
  return { exitCode: exitCode ?? 128, stdout, stderr: signal ? `${stderr}ended by ${signal}` : stderr };
}

/** The command ends with its standard input, which the kernel closes should this process die. */
export async function during<T>(
  argv: readonly string[],
  [file = "", ...args]: readonly string[],
  seconds: number,
  body: () => Promise<T>,
  read: (result: Result) => Result = (result) => result,
): Promise<T> {
  const child = spawn(file, args, { env: environment, detached: true, stdio: "pipe" });
  child.stdin.on("error", () => {}); // it ended before it read
  child.stdin.write("\n");
  const ended = new Promise<Result>((resolve, reject) => {
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.once("error", (cause) => reject(cannotStart(argv, cause)));
    child.once("close", (exitCode) => resolve({ exitCode: exitCode ?? 128, stdout: "", stderr }));
  });
  const answered = new Promise<undefined>((resolve) => child.stdout.once("data", () => resolve(undefined)));
  const kill = () => killGroup(child.pid);
  const early = await Promise.race([answered, ended]).finally(alarm(seconds, kill));
  if (early) throw interrupted() ?? commandError(argv, read(early));
  try {
    return await body();
  } finally {
    child.stdin.end();
    await ended.finally(alarm(seconds, kill));
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid) process.kill(-pid, "SIGKILL");
  } catch (error) {
    // All of it may have ended, and left its output open to a child of another session; or sudo runs it, as root.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

// O_NOFOLLOW: nobody may point root's log at another file. O_NONBLOCK: nor at a pipe that nobody reads.
const appending =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const attempts = 20;

function open(logFile: string, prepare: () => void): number {
  for (let attempt = 1; ; attempt++) {
    try {
      prepare();
      return openSync(logFile, appending, 0o600);
    } catch (cause) {
      if (cause instanceof LocalnetError) throw cause;
      // Another program's last log may have gone with the folder meanwhile.
      if ((cause as NodeJS.ErrnoException).code === "ENOENT" && attempt < attempts) continue;
      const hint = "see that the log's folder exists";
      throw new LocalnetError("LN_PROCESS", `cannot write its log: ${cause}`, { hint });
    }
  }
}

function cannotStart(argv: readonly string[], cause: unknown): LocalnetError {
  const missing = (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
  if (missing) return new LocalnetError("LN_TOOL", `there is no command "${argv[0]}"`, { ran: { argv } });
  return new LocalnetError("LN_COMMAND", `cannot run ${argv[0]}: ${cause}`, { ran: { argv } });
}
