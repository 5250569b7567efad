import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import pLimit from "p-limit";
import { LocalnetError } from "../errors";
import { missingCommandHint } from "./causes";
import { environmentLines, readEnvironment, refuseEnvironment, withoutShellVariables } from "./environment";
import {
  defaultTimeoutSeconds,
  type Host,
  type HostSettings,
  type Result,
  type RunOptions,
  settle,
  timeoutError,
  withEnvironment,
} from "./host";
import { during } from "./local";
import { notOwnFile } from "./log-file";
import { waitingFor } from "./operation";
import { messageBytes, Output } from "./output";
import { checkFolder, type Folders, privateDirectory } from "./private";
import { RemoteShell } from "./remote-shell";
import { decode, encode, quote, refuseNul } from "./text";

const runDirectory = "/run/pulumi-localnet";

/** sshd's default MaxSessions is 10 for one connection; what others wait for may not wait for them. */
const sessions = 8;
const longSessions = 2;
export const defaultConnectSeconds = 60;

/** It names another configuration file for the ssh client, where nothing else does. */
export const sshConfigVariable = "LOCALNET_SSH_CONFIG";

/**
 * Fixed scripts that get everything else as positional parameters. The last line of standard error tells the command's
 * own exit code from one of ssh (both use 255).
 */
export const duringScript = [
  `for word do ${decode("word")}; set -- "$@" "$word"; shift; done`,
  '"$@"; echo "localnet-exit:$?" >&2',
].join("; ");

/** The exit code of the next when the log is not a file of this user alone. */
const unsafeLog = 3;
export const startScript = [
  "umask 077; log=$1; dir=$2; own=$3; shift 3; left=5",
  // With noclobber a shell makes a new file, and follows no link.
  'make() { [ -e "$log" ] || (set -C; : >"$log") 2>/dev/null; stat -c %f:%u:%h "$log" 2>/dev/null; }',
  // Another program's last log may have gone with the folder meanwhile.
  'until { [ "${log%/*}" != "$own" ] || mkdir -p "$own"; } && found=$(make)',
  'do left=$((left - 1)); [ $left -gt 0 ] || { (set -C; : >"$log"); exit 1; }',
  "done",
  // A regular file (its mode in hexadecimal), this user's, with one name. Then nobody else can swap it in a safe folder.
  `case $found in 8???:$(id -u):1) ;; *) exit ${unsafeLog};; esac`,
  `cd "$dir" || exit 1; ${readEnvironment}`,
  // Not "&": what a shell puts into the background ignores SIGINT and SIGQUIT for good.
  'setsid --fork "$@" </dev/null >>"$log" 2>&1',
].join("; ");

/** What every call of ssh has in common, and the folder of the connections that calls share. */
export function sshOptions(config?: string): SshOptions {
  const directory =
    process.getuid?.() === 0
      ? "/run/pulumi-localnet-ssh"
      : join(process.env.XDG_RUNTIME_DIR || tmpdir(), `pulumi-localnet-ssh-${userInfo().uid}`);
  const digest = config && createHash("sha256").update(config).digest("hex").slice(0, 6);
  // By its name alone a host may be another one in another configuration.
  const socket = join(directory, digest ? `${digest}-%C` : "%C");
  const text = config?.includes("\n") ? { path: join(directory, `${digest}.config`), text: config } : undefined;
  const file = text?.path ?? config ?? process.env[sshConfigVariable];
  const options = [...(file ? ["-F", file] : []), "-o", "BatchMode=yes", "-o", `ControlPath=${socket}`];
  return { directory, options, ...(text && { config: text }) };
}

interface SshOptions {
  readonly directory: string;
  readonly options: string[];
  /** The configuration that is given as text, and the file that ssh reads it from. */
  readonly config?: { readonly path: string; readonly text: string };
}

export function sshHost(url: string, settings: HostSettings): Host {
  const { sudo, timeoutSeconds = defaultTimeoutSeconds, connectTimeoutSeconds = defaultConnectSeconds } = settings;
  const ssh = sshOptions(settings.sshConfig);
  const { options } = ssh;
  const prefix = sudo ? ["sudo", "-n", "--"] : [];
  const limit = pLimit(sessions);
  const waiting = pLimit(longSessions);
  const idle: RemoteShell[] = [];
  let connected: Promise<void> | undefined;

  /** The command line that runs a script on the other side, whichever login shell reads it there. */
  function commandLine(script: string, parameters: readonly string[]): string[] {
    return ["ssh", ...options, url, quote([...prefix, ...withEnvironment, "sh", "-c", script, ...parameters])];
  }

  function connection(): Promise<void> {
    connected ??= connect(url, ssh, connectTimeoutSeconds).catch((error) => {
      connected = undefined;
      throw error;
    });
    return connected;
  }

  /** A shell that is free; those that broke while they were idle are left behind. */
  async function shell(): Promise<RemoteShell> {
    for (let free = idle.pop(); free; free = idle.pop()) if (!free.broken) return free;
    await waitingFor(`waiting for ${url} to answer`, connection());
    return new RemoteShell((script) => commandLine(script, []));
  }

  /** `full` is what is run, `argv` what errors say of it. */
  async function run(argv: readonly string[], runOptions: RunOptions, full = argv): Promise<Result> {
    refuseNul(full);
    const seconds = runOptions.timeoutSeconds ?? timeoutSeconds;
    return limit(async () => {
      const remote = await shell();
      const started = performance.now();
      const result = await remote.run(full, seconds, runOptions).finally(() => {
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

  /** The host's folders, as far as a path needs them. */
  async function folders(): Promise<Folders> {
    return {
      uid: Number((await run(["id", "-u"], {})).stdout),
      async lstat(paths) {
        // What is missing is missing from the output, too.
        const { stdout } = await run(["stat", "-c", "%u %f", "--", ...paths], { accept: [0, 1] });
        const rows = stdout
          .trim()
          .split("\n")
          .map((line) => line.split(" "));
        return rows.map(([uid, mode = ""]) => ({ uid: Number(uid), mode: Number.parseInt(mode, 16) }));
      },
      readlink: async (path) => (await run(["readlink", "-n", "--", path], {})).stdout,
    };
  }

  const checkRemoteFolder = async (path: string) => checkFolder(path, await folders());

  return {
    runDirectory,
    isLocal: false,
    hasOwnNetwork: true,
    run: (argv, runOptions = {}) => run(argv, runOptions),
    async start(argv, { environment: extra, workingDirectory, logFile }) {
      refuseEnvironment(extra);
      if (dirname(logFile) !== runDirectory) await checkRemoteFolder(dirname(logFile));
      const parameters = [logFile, workingDirectory, runDirectory, ...withoutShellVariables(extra), ...argv];
      const options = { input: environmentLines(extra), accept: [0, unsafeLog] };
      const { exitCode } = await run(argv, options, ["sh", "-c", startScript, "localnet", ...parameters]);
      if (exitCode === unsafeLog) throw notOwnFile(logFile);
    },
    checkFolder: checkRemoteFolder,
    async during(argv, seconds, body, hear) {
      refuseNul(argv);
      const full = commandLine(duringScript, ["localnet", ...argv.map(encode)]);
      await connection();
      return waiting(() =>
        during(argv, full, seconds + connectTimeoutSeconds, body, {
          read: (result) => ownResult(argv, result, url),
          hear,
        }),
      );
    },
  };
}

/** One connection for all commands, kept for a minute after the last one. */
async function connect(url: string, { directory, options, config }: SshOptions, seconds: number): Promise<void> {
  await privateDirectory(directory);
  if (config) await replaceFile(config.path, config.text);
  const argv = ["ssh", ...options, "-o", "ControlMaster=auto", "-o", "ControlPersist=60", "-N", "-f", url];
  return new Promise((resolve, reject) => {
    const child = spawn("ssh", argv.slice(1), { detached: true, stdio: ["ignore", "ignore", "pipe"] });
    const stderr = new Output();
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.length < messageBytes) stderr.add(chunk);
      else child.kill("SIGKILL");
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.once("error", (cause) =>
      reject(new LocalnetError("LN_TOOL", `cannot run ssh: ${cause}`, { ran: { argv }, hint: missingCommandHint })),
    );
    // Not "close": the connection that stays in the background keeps standard error open.
    child.once("exit", (exitCode) => {
      clearTimeout(timer);
      child.stderr.destroy();
      if (exitCode === 0) resolve();
      else reject(unreachable(argv, { exitCode: exitCode ?? 128, stdout: "", stderr: String(stderr) }, url));
    });
  });
}

/** Another process that reads it sees one text or the other. */
async function replaceFile(path: string, text: string): Promise<void> {
  const other = `${path}.${randomUUID()}`;
  await writeFile(other, text, { mode: 0o600, flag: "wx" });
  await rename(other, path);
}

/** The result of the command itself, not of ssh. */
function ownResult(argv: readonly string[], result: Result, url: string): Result {
  const match = /localnet-exit:(\d+)\n$/.exec(result.stderr);
  if (!match) throw unreachable(argv, result, url);
  return { exitCode: Number(match[1]), stdout: result.stdout, stderr: result.stderr.slice(0, -match[0].length) };
}

function unreachable(argv: readonly string[], { exitCode, stderr }: Result, url: string): LocalnetError {
  const hint = `check that "ssh ${url} true" works without a question`;
  return new LocalnetError("LN_HOST", `cannot run a command on ${url}`, { ran: { argv, exitCode, stderr }, hint });
}
