import { spawn } from "node:child_process";
import { constants } from "node:os";
import { LocalnetError } from "../errors";
import { errnoOf } from "./files";
import type { HostSettings } from "./host";
import { messageBytes, Output } from "./output";
import { sshOptions } from "./ssh-options";
import { quote, refuseNul } from "./text";

// Commands that a user runs in a terminal. The provider does not use this.

/** Where a command runs: a namespace of a host. */
interface Where extends HostSettings {
  readonly netns?: string | undefined;
}

/**
 * Without a terminal, a command over ssh does not notice that the user has ended ssh here. This script ends the command when
 * its own standard input ends.
 */
const boundScript = [
  // A shell gives a background command no standard input unless it is redirected.
  'exec 3<&0; "$@" </dev/null 3<&- & child=$!',
  "{ cat <&3; kill $child; } >/dev/null 2>&1 & reader=$!",
  "wait $child; code=$?; kill $reader 2>/dev/null; exit $code",
].join("; ");

type Mode =
  /** It reads this process's standard input, and has a terminal on a remote host too. */
  | "terminal"
  /** It reads this process's standard input, without a terminal on a remote host. */
  | "pipe"
  /** It reads nothing, and ends with this process. */
  | "bound";

/** The command line that runs a command there. */
export function foregroundCommand(
  { host, netns, sudo }: Where,
  argv: readonly string[],
  mode: Mode = "pipe",
): string[] {
  // Not nsenter, because that does not mount the files of the namespace in /etc/netns.
  const command = netns === undefined ? [...argv] : ["ip", "netns", "exec", netns, ...argv];
  const isBound = mode === "bound" && host !== undefined;
  const bound = isBound ? ["sh", "-c", boundScript, "localnet", ...command] : command;
  const elevated = sudo && (host !== undefined || process.getuid?.() !== 0) ? ["sudo", "-n", "--", ...bound] : bound;
  if (host === undefined) return elevated;
  return ["ssh", ...sshOptions().options, ...(mode === "terminal" ? ["-t"] : []), host, "--", quote(elevated)];
}

/** Runs a command there to its end, with this process's output and environment; returns its exit code. */
export async function runInForeground(
  where: Where,
  argv: readonly string[],
  { mode = "pipe", stdout = "inherit" }: { mode?: Mode; stdout?: "inherit" | number } = {},
): Promise<number> {
  refuseNul(argv);
  const [file = "", ...args] = foregroundCommand(where, argv, mode);
  const child = spawn(file, args, { stdio: [mode === "bound" ? "pipe" : "inherit", stdout, "inherit"] });
  // ^C reaches the terminal's whole process group. The command handles it, and this process waits for the command.
  const ignore = () => {};
  const forward = () => void child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGQUIT", ignore).on("SIGTERM", forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (cause) => reject(cannotStart([file], cause)));
      child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGQUIT", ignore).off("SIGTERM", forward);
  }
}

/** Runs a command with the user's own environment; returns its output. */
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
