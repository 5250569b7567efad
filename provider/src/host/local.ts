import { spawn } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { LocalnetError } from "../errors";
import {
  commandError,
  defaultTimeoutSeconds,
  environment,
  type Host,
  type Result,
  settle,
  timeoutError,
  withEnvironment,
} from "./host";

export function localHost(sudo: boolean): Host {
  const root = process.getuid?.() === 0;
  const elevated = sudo && !root;
  const prefix = elevated ? ["sudo", "-n", "--", ...withEnvironment()] : [];

  return {
    runDirectory: root
      ? "/run/pulumi-localnet"
      : join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `pulumi-localnet-${userInfo().uid}`),

    async run(argv, options = {}) {
      const seconds = options.timeoutSeconds ?? defaultTimeoutSeconds;
      return settle(argv, await execute([...prefix, ...argv], seconds, options.input), options);
    },

    async start(argv, { environment: extra, workingDirectory, logFile }) {
      mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
      // O_NOFOLLOW: nobody may point root's log at another file.
      const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
      const log = openSync(logFile, flags, 0o600);
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
          child.once("error", (cause) => reject(cannotStart(full, cause)));
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
  const child = execa(file, args, {
    env: environment,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    if (child.pid) process.kill(-child.pid, "SIGKILL");
  }, seconds * 1000);
  const { exitCode, stdout, stderr, cause, signal } = await child.finally(() => clearTimeout(timer));
  if (late) throw timeoutError(argv, seconds);
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
  const kill = () => child.pid && process.kill(-child.pid, "SIGKILL");
  const timer = setTimeout(kill, seconds * 1000);
  const early = await Promise.race([answered, ended]).finally(() => clearTimeout(timer));
  if (early) throw commandError(argv, read(early));
  try {
    return await body();
  } finally {
    child.stdin.end();
    const last = setTimeout(kill, seconds * 1000);
    await ended.finally(() => clearTimeout(last));
  }
}

function cannotStart(argv: readonly string[], cause: unknown): LocalnetError {
  const missing = (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
  if (missing) return new LocalnetError("LN_TOOL", `there is no command "${argv[0]}"`, { ran: { argv } });
  return new LocalnetError("LN_COMMAND", `cannot run ${argv[0]}: ${cause}`, { ran: { argv } });
}
