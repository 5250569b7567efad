import { spawn } from "node:child_process";
import { LocalnetError } from "../errors";
import { errnoOf } from "./files";
import type { HostSettings } from "./index";
import { messageBytes, Output } from "./output";
import { sshOptions } from "./ssh";
import { quote, refuseNul } from "./text";

// Commands that the user of a terminal begins, with the terminal as it is. A provider never does.

/** Where a command is to run: a namespace of a host. */
export interface Where extends HostSettings {
  readonly netns?: string | undefined;
}

/** The command line that runs a command there, as the user would type it; `terminal`: the command gets one there, too. */
export function commandThere({ host, netns, sudo }: Where, argv: readonly string[], terminal = false): string[] {
  // With the files that /etc/netns has for the namespace, which nsenter does not mount.
  const inside = netns === undefined ? [...argv] : ["ip", "netns", "exec", netns, ...argv];
  const elevated = sudo && (host !== undefined || process.getuid?.() !== 0) ? ["sudo", "-n", "--", ...inside] : inside;
  if (host === undefined) return elevated;
  return ["ssh", ...sshOptions().options, ...(terminal ? ["-t"] : []), host, "--", quote(elevated)];
}

/** Runs a command with this process's own input, output and environment, until it ends; returns its exit code. */
export function runInForeground(
  argv: readonly string[],
  { stdout = "inherit" }: { stdout?: "inherit" | number } = {},
): Promise<number> {
  refuseNul(argv);
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { stdio: ["inherit", stdout, "inherit"] });
  // ^C goes to the whole group of the terminal: the command decides what it means, and this process outlives it.
  const ignore = () => {};
  const forward = () => void child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGQUIT", ignore).on("SIGTERM", forward);
  return new Promise<number>((resolve, reject) => {
    child.once("error", (cause) => reject(cannotStart(argv, cause)));
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signals[signal ?? ""] ?? 0)));
  }).finally(() => {
    process.off("SIGINT", ignore).off("SIGQUIT", ignore).off("SIGTERM", forward);
  });
}

const signals: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };

/** Runs a command of the user's own, with their environment; returns what it printed. */
export function runAsUser(
  argv: readonly string[],
  cwd: string,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = [new Output(), new Output()];
  child.stdout.on("data", (chunk: Buffer) => stdout.add(chunk));
  child.stderr.on("data", (chunk: Buffer) => {
    if (stderr.length < messageBytes) stderr.add(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(cannotStart(argv, cause)));
    child.once("close", (code) => resolve({ exitCode: code ?? 128, stdout: String(stdout), stderr: String(stderr) }));
  });
}

function cannotStart(argv: readonly string[], cause: unknown): LocalnetError {
  if (errnoOf(cause) === "ENOENT")
    return new LocalnetError("LN_TOOL", `there is no command "${argv[0]}"`, {
      hint: `install ${argv[0]}, or put its folder into PATH`,
    });
  return new LocalnetError("LN_COMMAND", `cannot run ${argv[0]}: ${cause}`);
}
