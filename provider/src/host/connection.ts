import { spawn } from "node:child_process";
import { LocalnetError } from "../errors";
import type { Result } from "./host";
import { alarm, interrupted, pause } from "./interrupt";
import { progressOf } from "./operation";
import { messageBytes, Output } from "./output";
import { missingCommandHint } from "./packages";
import { noAnswer, sshCauses } from "./ssh-causes";
import { prepareFiles, type SshOptions } from "./ssh-options";

export const defaultConnectSeconds = 60;

/** The pause between two attempts. */
const pauseMilliseconds = 1000;
/** Limit for an attempt until keys are exchanged: whatever listens before the host has booted may never answer. */
const attemptSeconds = 20;
/** Limit for a single attempt, because others may wait for it. */
const onceSeconds = 5;
/** Interval between checks of an open connection. ssh closes it after three without an answer. */
const aliveSeconds = 10;

/** One connection for all commands to a host. */
interface Connection {
  /** Connects unless it is connected. All resources that wait for it show so. */
  open(): Promise<void>;
  /** Tries once: is it connected? Returns the error if waiting cannot fix it. */
  tryOnce(): Promise<boolean | LocalnetError>;
  /** Reports that the connection is lost: the next command connects again. */
  lost(): void;
}

export function sshConnection(url: string, ssh: SshOptions, seconds: number): Connection {
  const waiting = new Set<(message: string) => void>();
  let connected: Promise<void> | undefined;
  let isOpen = false;
  // After one wait that failed, later callers try only once.
  let keepsTrying = true;

  const connectOnce = async () => {
    const report = (message: string) => waiting.forEach((progress) => void progress(message));
    await (keepsTrying ? keepTrying(url, ssh, seconds, report) : connect(url, ssh, seconds)).catch((error) => {
      [connected, keepsTrying] = [undefined, false];
      throw error;
    });
    [keepsTrying, isOpen] = [true, true];
  };

  return {
    async open() {
      const progress = progressOf();
      waiting.add(progress);
      connected ??= connectOnce();
      await connected.finally(() => waiting.delete(progress));
    },
    async tryOnce() {
      const limit = Math.min(seconds, onceSeconds);
      try {
        if (connected) {
          // Somebody else connects, and may wait for longer than this.
          await within(limit, connected);
          return isOpen;
        }
        await connect(url, ssh, limit);
        connected ??= Promise.resolve();
        isOpen = true;
        return true;
      } catch (error) {
        return error instanceof LocalnetError && isFinal(error) ? error : false;
      }
    },
    lost() {
      [connected, isOpen] = [undefined, false];
    },
  };
}

/** Waits for it, but no longer than this. */
async function within(seconds: number, wait: Promise<void>): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = alarm(seconds, resolve);
  });
  await Promise.race([wait, late]).finally(cancel);
}

/** Tries again for as long as the host may still be booting. */
async function keepTrying(
  url: string,
  ssh: SshOptions,
  seconds: number,
  report: (message: string) => void,
): Promise<void> {
  const started = performance.now();
  for (;;) {
    const spentSeconds = () => (performance.now() - started) / 1000;
    try {
      return await connect(url, ssh, seconds - spentSeconds());
    } catch (error) {
      const stderr = error instanceof LocalnetError ? (error.command?.stderr ?? "") : "";
      const spent = spentSeconds();
      if (spent + pauseMilliseconds / 1000 >= seconds || !isBooting(stderr)) throw error;
      const last = stderr.trim().split("\n").at(-1);
      report(`waiting for ${url} for up to ${seconds} s: ${last}`);
      await pause(pauseMilliseconds);
    }
  }
}

/** What ssh prints while a host boots: nothing listens there yet, or no ssh server. */
const bootingMessages =
  /connect to host .*: (?:Connection refused|Connection timed out|No route to host|Network is unreachable|Host is down)|connect failed: (?:Connection refused|Connection timed out|No route to host)|timed out during banner exchange|^Connection (?:to|from) .* timed out|kex_exchange_identification: (?:Connection closed|read: Connection reset)|banner line 0: (?:Connection closed|read: Connection reset)/m;
/** What waiting cannot fix, also if a jump host prints it. */
const finalMessages =
  /Permission denied|Host key verification failed|HOST IDENTIFICATION HAS CHANGED|Too many authentication/;

export function isBooting(stderr: string): boolean {
  return bootingMessages.test(stderr) && !finalMessages.test(stderr);
}

/** The exit code of ssh itself. */
const sshFailed = 255;

/**
 * Is it an error that waiting cannot fix: one that ssh itself reported, or a missing ssh? An ssh that took too long and
 * was killed has reported nothing.
 */
function isFinal({ code, command }: LocalnetError): boolean {
  if (code === "LN_TOOL") return true;
  return command?.exitCode === sshFailed && !isBooting(command.stderr ?? "");
}

/** Connects. ssh keeps the connection for a minute after the last command. */
async function connect(url: string, ssh: SshOptions, seconds: number): Promise<void> {
  await prepareFiles(ssh);
  const limits = { ConnectTimeout: Math.ceil(Math.min(seconds, attemptSeconds)), ServerAliveInterval: aliveSeconds };
  const connectOptions = Object.entries({ ControlMaster: "auto", ControlPersist: 60, ...limits });
  const argv = [
    "ssh",
    ...ssh.options,
    ...connectOptions.flatMap(([key, value]) => ["-o", `${key}=${value}`]),
    "-N",
    "-f",
    url,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn("ssh", argv.slice(1), { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    const stderr = new Output();
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.length < messageBytes) stderr.add(chunk);
      else child.kill("SIGKILL");
    });
    const cancel = alarm(seconds, () => child.kill("SIGKILL"));
    child.once("error", (cause) => {
      cancel();
      reject(
        new LocalnetError("LN_TOOL", `cannot run ssh: ${cause}`, {
          command: { argv },
          hint: missingCommandHint("ssh"),
        }),
      );
    });
    // Not "close": ssh stays in the background and keeps standard error open.
    child.once("exit", (exitCode) => {
      cancel();
      child.stderr.destroy();
      if (exitCode === 0) resolve();
      else {
        const result = { exitCode: exitCode ?? 128, stdout: "", stderr: String(stderr) };
        reject(unreachable(argv, result, url, exitCode === null ? noAnswer : undefined));
      }
    });
  });
}

/** `otherwise`: the cause where ssh names none. */
export function unreachable(
  argv: readonly string[],
  { exitCode, stderr, stdout }: Result,
  url: string,
  otherwise?: { readonly summary: string; readonly hint: string },
): LocalnetError {
  const stopped = interrupted();
  if (stopped) return stopped;
  // A program that runs in place of a shell may print its reason on standard output.
  const output = stderr.trim() === "" ? stdout : stderr;
  const cause = sshCauses.find(({ pattern }) => pattern.test(output));
  const named = cause?.pattern.exec(output)?.[1] ?? "";
  const { summary, hint } = cause ?? otherwise ?? {};
  const check = `"ssh ${url} true" has to work without a question; for a host that is gone for good see docs/hosts.md`;
  return new LocalnetError("LN_HOST", `cannot run a command on ${url}${summary === undefined ? "" : `: ${summary}`}`, {
    command: { argv, exitCode, stderr: output },
    hint: hint === undefined ? check : `${hint.replaceAll("$1", () => named).replaceAll("URL", url)}. ${check}`,
  });
}
