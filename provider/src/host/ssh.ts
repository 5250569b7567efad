import { spawn } from "node:child_process";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import { LocalnetError } from "../errors";
import { type Host, type Result, type RunOptions, settle, timeoutError, withEnvironment } from "./host";
import { during } from "./local";
import { privateDirectory } from "./private";
import { RemoteShell } from "./remote-shell";

const runDirectory = "/run/pulumi-localnet";

/** sshd's default MaxSessions is 10 for one connection; what others wait for may not wait for them. */
const sessions = 8;
const longSessions = 2;
const connectSeconds = 60;

/**
 * Fixed scripts that get everything else as positional parameters. The last line of standard error tells the command's
 * own exit code from one of ssh (both use 255).
 */
const duringScript = '"$@"; echo "localnet-exit:$?" >&2';
const startScript = [
  "umask 077; log=$1; dir=$2; own=$3; shift 3; left=5",
  // Another program's last log may have gone with the folder meanwhile.
  'until { [ "${log%/*}" != "$own" ] || mkdir -p "$own"; } && [ ! -L "$log" ] && true >>"$log"',
  "do left=$((left - 1)); [ $left -gt 0 ] || exit 1",
  "done",
  // Not "&": what a shell puts into the background ignores SIGINT and SIGQUIT for good.
  'cd "$dir" && setsid --fork "$@" </dev/null >>"$log" 2>&1',
].join("; ");

export function sshHost(url: string, sudo: boolean, timeoutSeconds: number): Host {
  const directory = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `pulumi-localnet-ssh-${userInfo().uid}`);
  const options = [
    ...(process.env.LOCALNET_SSH_CONFIG ? ["-F", process.env.LOCALNET_SSH_CONFIG] : []),
    ...["-o", "BatchMode=yes", "-o", `ControlPath=${directory}/%C`],
  ];
  const prefix = sudo ? ["sudo", "-n", "--"] : [];
  const limit = pLimit(sessions);
  const waiting = pLimit(longSessions);
  const idle: RemoteShell[] = [];
  let connected: Promise<void> | undefined;

  /** The command line that runs a script on the other side, whichever login shell reads it there. */
  function commandLine(script: string, parameters: readonly string[]): string[] {
    return ["ssh", ...options, url, quote([...prefix, ...withEnvironment(), "sh", "-c", script, ...parameters])];
  }

  function connection(): Promise<void> {
    connected ??= connect(url, options, directory).catch((error) => {
      connected = undefined;
      throw error;
    });
    return connected;
  }

  /** A shell that is free; those that broke while they were idle are left behind. */
  async function shell(): Promise<RemoteShell> {
    for (let free = idle.pop(); free; free = idle.pop()) if (!free.broken) return free;
    await connection();
    return new RemoteShell((script, name) => commandLine(script, [name]));
  }

  async function run(argv: readonly string[], runOptions: RunOptions, ran = argv): Promise<Result> {
    for (const word of ran) sendable(word);
    const seconds = runOptions.timeoutSeconds ?? timeoutSeconds;
    return limit(async () => {
      const remote = await shell();
      const started = performance.now();
      const result = await remote.run(ran, runOptions.input ?? "", seconds).finally(() => {
        if (remote.broken) connected = undefined;
      });
      const took = performance.now() - started;
      if (remote.broken) throw unreachable(argv, result, url);
      if (runOptions.apart) remote.close();
      else idle.push(remote);
      // timeout's own codes, unless the command has them: it cannot have been late if it took less than its time.
      const late = took >= seconds * 1000 && (result.exitCode === 124 || result.exitCode === 137);
      if (late) throw timeoutError(argv, seconds);
      return settle(argv, result, runOptions);
    });
  }

  return {
    runDirectory,
    isLocal: false,
    run: (argv, runOptions = {}) => run(argv, runOptions),
    async start(argv, { environment: extra, workingDirectory, logFile }) {
      const parameters = [logFile, workingDirectory, runDirectory, ...withEnvironment(extra), ...argv];
      await run(argv, {}, ["sh", "-c", startScript, "localnet", ...parameters]);
    },
    async during(argv, seconds, body) {
      const full = commandLine(duringScript, ["localnet", ...argv]);
      await connection();
      return waiting(() => during(argv, full, seconds + connectSeconds, body, (result) => own(argv, result, url)));
    },
  };
}

/** One connection for all commands, kept for a minute after the last one. */
function connect(url: string, options: readonly string[], directory: string): Promise<void> {
  privateDirectory(directory);
  const argv = ["ssh", ...options, "-o", "ControlMaster=auto", "-o", "ControlPersist=60", "-N", "-f", url];
  return new Promise((resolve, reject) => {
    const child = spawn("ssh", argv.slice(1), { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), connectSeconds * 1000);
    child.once("error", (cause) => reject(new LocalnetError("LN_TOOL", `cannot run ssh: ${cause}`, { ran: { argv } })));
    // Not "close": the connection that stays in the background keeps standard error open.
    child.once("exit", (exitCode) => {
      clearTimeout(timer);
      child.stderr.destroy();
      if (exitCode === 0) resolve();
      else reject(unreachable(argv, { exitCode: exitCode ?? 128, stdout: "", stderr }, url));
    });
  });
}

function own(argv: readonly string[], result: Result, url: string): Result {
  const match = /localnet-exit:(\d+)\n$/.exec(result.stderr);
  if (!match) throw unreachable(argv, result, url);
  return { exitCode: Number(match[1]), stdout: result.stdout, stderr: result.stderr.slice(0, -match[0].length) };
}

function unreachable(argv: readonly string[], { exitCode, stderr }: Result, url: string): LocalnetError {
  const hint = `check that "ssh ${url} true" works without a question`;
  return new LocalnetError("LN_HOST", `cannot run a command on ${url}`, { ran: { argv, exitCode, stderr }, hint });
}

/** A line that sh, bash, fish and csh alike read as exactly these words. */
export function quote(argv: readonly string[]): string {
  return argv.map(word).join(" ");
}

function word(text: string): string {
  sendable(text);
  return text === "" ? "''" : text.replace(/[^A-Za-z0-9_@%+=:,./\u0080-\uffff-]/g, "\\$&");
}

function sendable(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass.
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    throw new LocalnetError("LN_INPUT", `a control character cannot be sent to a remote host: ${JSON.stringify(text)}`);
  }
}
