import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { LocalnetError } from "../errors";
import { type Access, accessBy } from "./access";
import { commandError } from "./command-error";
import { environmentLines, readEnvironment, refuseEnvironment, withoutShellVariables } from "./environment";
import { errnoOf } from "./files";
import { checkFolder, localFolders } from "./folders";
import { environment, type Host, type Result, type RunOptions, settle, timeoutError, withEnvironment } from "./host";
import { alarm, interrupted } from "./interrupt";
import { killGroup } from "./kill-group";
import { localShells } from "./local-shell";
import { openLog } from "./log-file";
import { defaultOutputBytes, messageBytes, Output, outputError } from "./output";
import { missingCommandHint } from "./packages";
import { refuseNul } from "./text";

const elevatedScript = `${readEnvironment}; exec "$@" </dev/null`;

export function localHost(sudo: boolean, timeoutSeconds: number): Host {
  const root = process.getuid?.() === 0;
  const elevated = sudo && !root;
  // The lab of a test can have a network in place of the host's own. This process does not enter it, because it serves the
  // engine.
  const network = process.env.LOCALNET_NETNS;
  const enter = network ? ["nsenter", `--net=${network}`, "--"] : [];
  const prefix = [...(elevated ? ["sudo", "-n", "--", ...withEnvironment] : []), ...enter];
  // Only root can end what sudo runs, so `timeout` does.
  const limited = (seconds: number) => (elevated ? [...prefix, "timeout", "-k", "1", String(seconds + 1)] : enter);

  // sudo logs each command, so each runs by itself.
  const inShell = elevated ? undefined : localShells(enter);

  const runDirectory = root
    ? "/run/pulumi-localnet"
    : join(process.env.XDG_RUNTIME_DIR || tmpdir(), `pulumi-localnet-${userInfo().uid}`);

  const run = async (argv: readonly string[], options: RunOptions = {}) => {
    const seconds = options.timeoutSeconds ?? timeoutSeconds;
    const result = await inShell?.(argv, seconds, options);
    return settle(argv, result ?? (await execute([...limited(seconds), ...argv], seconds, options)), options);
  };
  let access: Promise<Access> | undefined;

  return {
    runDirectory,
    isLocal: !elevated,
    hasOwnNetwork: Boolean(network),

    async access() {
      if (!elevated) return { answers: true };
      access ??= accessBy("this machine", () => run(["true"]));
      return access;
    },
    run,

    async start(argv, { environment: extra, workingDirectory, logFile }) {
      refuseEnvironment(extra);
      const log = await openLog(logFile, runDirectory);
      const full = elevated
        ? [...prefix, "setsid", "sh", "-c", elevatedScript, "localnet", ...withoutShellVariables(extra), ...argv]
        : [...enter, "env", ...argv];
      const env = elevated ? environment : { ...environment, ...extra };
      try {
        const child = begin(full, { env, cwd: workingDirectory, stdio: [elevated ? "pipe" : "ignore", log, log] });
        await new Promise<void>((resolve, reject) => {
          child.once("spawn", resolve);
          // `env` exists, so the folder is missing.
          child.once("error", (cause) => {
            const hint = "see that the workingDirectory exists";
            reject(new LocalnetError("LN_PROCESS", `cannot start in ${workingDirectory}: ${cause}`, { hint }));
          });
        });
        if (child.stdin) await writeInput(child.stdin, environmentLines(extra));
        child.unref();
      } finally {
        closeSync(log);
      }
    },

    checkFolder: (path) => checkFolder(path, localFolders),
    during: (argv, seconds, body, onOutput) => during(argv, [...prefix, ...argv], seconds, body, { onOutput }),
  };
}

/**
 * Starts a command in a process group of its own: on ^C the engine signals the provider's group, and a running command
 * must end by itself.
 */
function begin(argv: readonly string[], options: SpawnOptions): ChildProcess {
  refuseNul(argv);
  const [file = "", ...args] = argv;
  try {
    return spawn(file, args, { env: environment, detached: true, ...options });
  } catch (cause) {
    // Arguments that are too long, for one.
    throw cannotStart(argv, cause);
  }
}

function writeInput(stdin: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    // If the command ends before it has read all of it, its result shows that.
    stdin.once("error", () => resolve());
    stdin.end(text, () => resolve());
  });
}

async function execute(
  argv: readonly string[],
  seconds: number,
  { input, maxOutputBytes = defaultOutputBytes }: RunOptions = {},
): Promise<Result> {
  const child = begin(argv, { stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
  const [stdout, stderr] = [new Output(), new Output()];
  const ended = new Promise<Result>((resolve, reject) => {
    const end = (error: LocalnetError) => {
      cancel();
      reject(error);
      killGroup(child.pid);
      // A child of its own session may still have these open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const cancel = alarm(seconds, () => end(timeoutError(argv, seconds)));
    for (const [stream, output] of [[child.stdout, stdout] as const, [child.stderr, stderr] as const]) {
      stream?.on("data", (chunk: Buffer) => {
        output.add(chunk);
        if (output.length > maxOutputBytes) end(outputError(argv, maxOutputBytes));
      });
    }
    child.once("error", (cause) => {
      cancel();
      reject(cannotStart(argv, cause));
    });
    child.once("close", (exitCode, signal) => {
      cancel();
      const text = signal ? `${stderr}ended by ${signal}` : String(stderr);
      resolve({ exitCode: exitCode ?? 128, stdout: String(stdout), stderr: text });
    });
  });
  if (child.stdin && input !== undefined) writeInput(child.stdin, input);
  return ended;
}

type OnOutput = (output: Buffer) => void;

/** The command ends with its standard input, which the kernel closes should this process die. */
export async function during<T>(
  argv: readonly string[],
  full: readonly string[],
  seconds: number,
  body: () => Promise<T>,
  { read = (result) => result, onOutput }: { read?: (result: Result) => Result; onOutput?: OnOutput | undefined } = {},
): Promise<T> {
  const child = begin(full, { stdio: "pipe" });
  const kill = () => killGroup(child.pid);
  child.stdin?.on("error", () => {}); // it ended before it read
  child.stdin?.write("\n");
  const ended = new Promise<Result>((resolve, reject) => {
    const stderr = new Output();
    child.stderr?.on("data", (chunk: Buffer) => {
      if (stderr.length < messageBytes) stderr.add(chunk);
      else kill();
    });
    child.once("error", (cause) => reject(cannotStart(argv, cause)));
    child.once("close", (exitCode) => resolve({ exitCode: exitCode ?? 128, stdout: "", stderr: String(stderr) }));
  });
  const answered = new Promise<undefined>((resolve) =>
    child.stdout?.on("data", (chunk: Buffer) => {
      onOutput?.(chunk);
      resolve(undefined);
    }),
  );
  const early = await Promise.race([answered, ended]).finally(alarm(seconds, kill));
  if (early) throw interrupted() ?? commandError(argv, read(early));
  try {
    return await body();
  } finally {
    child.stdin?.end();
    await ended.finally(alarm(seconds, kill));
  }
}

function cannotStart(argv: readonly string[], cause: unknown): LocalnetError {
  if (errnoOf(cause) === "ENOENT")
    return new LocalnetError("LN_TOOL", `there is no command "${argv[0]}"`, {
      command: { argv },
      hint: missingCommandHint(argv[0] ?? ""),
    });
  return new LocalnetError("LN_COMMAND", `cannot run ${argv[0]}: ${cause}`, { command: { argv } });
}
