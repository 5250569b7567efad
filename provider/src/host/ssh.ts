import { dirname } from "node:path";
import pLimit from "p-limit";
import { type Access, accessBy, hostRefusal, sudoError } from "./access";
import { defaultConnectSeconds, sshConnection, unreachable } from "./connection";
import { environmentLines, readEnvironment, refuseEnvironment, withoutShellVariables } from "./environment";
import { checkFolder, type Folders } from "./folders";
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
import { foreignFileError } from "./log-file";
import { waitingFor } from "./operation";
import { RemoteShell } from "./remote-shell";
import { noShell } from "./ssh-causes";
import { sshOptions } from "./ssh-options";
import { decode, encode, quote, refuseNul } from "./text";

const runDirectory = "/run/pulumi-localnet";

/** Sessions per connection: sshd's default MaxSessions is 10. Long ones have their own, so that short ones do not wait for them. */
const sessions = 8;
const longSessions = 2;

/**
 * Fixed scripts that get everything else as positional parameters. The last line of standard error distinguishes the exit
 * code of the command from one of ssh (both use 255).
 */
export const duringScript = [
  `for word do ${decode("word")}; set -- "$@" "$word"; shift; done`,
  '"$@"; echo "localnet-exit:$?" >&2',
].join("; ");

/** The exit code of `startScript` if the log is not a file of this user alone. */
const unsafeLog = 3;
export const startScript = [
  "umask 077; log=$1; dir=$2; rundir=$3; shift 3; left=5",
  // With noclobber a shell makes a new file and follows no link.
  'make() { [ -e "$log" ] || (set -C; : >"$log") 2>/dev/null; stat -c %f:%u:%h "$log" 2>/dev/null; }',
  // Another program may have removed the folder with its last log meanwhile.
  'until { [ "${log%/*}" != "$rundir" ] || mkdir -p "$rundir"; } && found=$(make)',
  'do left=$((left - 1)); [ $left -gt 0 ] || { (set -C; : >"$log"); exit 1; }',
  "done",
  // A regular file (mode in hexadecimal) of this user with one name. In a safe folder nobody else can swap it.
  `case $found in 8???:$(id -u):1) ;; *) exit ${unsafeLog};; esac`,
  `cd "$dir" || exit 1; ${readEnvironment}`,
  // Not "&": a background command of a shell ignores SIGINT and SIGQUIT forever.
  'setsid --fork "$@" </dev/null >>"$log" 2>&1',
].join("; ");

export function sshHost(url: string, settings: HostSettings): Host {
  const { sudo, timeoutSeconds = defaultTimeoutSeconds, connectTimeoutSeconds = defaultConnectSeconds } = settings;
  const ssh = sshOptions(settings.sshConfig);
  const { options } = ssh;
  const prefix = sudo ? ["sudo", "-n", "--"] : [];
  const limit = pLimit(sessions);
  const waiting = pLimit(longSessions);
  const idle: RemoteShell[] = [];
  const connection = sshConnection(url, ssh, connectTimeoutSeconds);

  /** The command line that runs a script on the remote host, whatever the login shell there is. */
  function commandLine(script: string, parameters: readonly string[]): string[] {
    return ["ssh", ...options, url, quote([...prefix, ...withEnvironment, "sh", "-c", script, ...parameters])];
  }

  /** A free shell. Drops those that broke while they were idle. */
  async function shell(): Promise<RemoteShell> {
    for (let free = idle.pop(); free; free = idle.pop()) if (!free.broken) return free;
    await waitingFor(`waiting for ${url} to answer`, connection.open());
    return new RemoteShell((script) => commandLine(script, []));
  }

  /** `full` is the command that runs, `argv` the one shown in errors. */
  async function run(argv: readonly string[], runOptions: RunOptions, full = argv): Promise<Result> {
    refuseNul(full);
    const seconds = runOptions.timeoutSeconds ?? timeoutSeconds;
    return limit(async () => {
      const remote = await shell();
      const started = performance.now();
      const result = await remote.run(full, seconds, runOptions).finally(() => {
        if (remote.broken) connection.lost();
      });
      const took = performance.now() - started;
      if (remote.broken) {
        const otherwise = remote.listened ? undefined : noShell;
        throw (sudo && sudoError(result)) || unreachable(argv, result, url, otherwise);
      }
      if (runOptions.apart) remote.close();
      else idle.push(remote);
      // Exit codes of timeout(1), unless the command itself ended with them: it did if its time was not over.
      const late = took >= seconds * 1000 && (result.exitCode === 124 || result.exitCode === 137);
      if (late) throw timeoutError(argv, seconds);
      return settle(argv, result, runOptions);
    });
  }

  /** Reads the remote folders of a path. */
  async function folders(): Promise<Folders> {
    return {
      uid: Number((await run(["id", "-u"], {})).stdout),
      async lstat(paths) {
        // Missing folders are not in the output.
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

  async function findAccess(): Promise<Access> {
    const answer = await connection.tryOnce();
    if (answer instanceof Error) return { answers: false, refusal: hostRefusal(answer, url) };
    return answer ? accessBy(url, () => run(["true"], {})) : { answers: false };
  }
  let access: Promise<Access> | undefined;

  const checkRemoteFolder = async (path: string) => checkFolder(path, await folders());

  return {
    runDirectory,
    isLocal: false,
    hasOwnNetwork: true,
    access() {
      access ??= findAccess();
      return access;
    },
    run: (argv, runOptions = {}) => run(argv, runOptions),
    async start(argv, { environment: extra, workingDirectory, logFile }) {
      refuseEnvironment(extra);
      if (dirname(logFile) !== runDirectory) await checkRemoteFolder(dirname(logFile));
      const parameters = [logFile, workingDirectory, runDirectory, ...withoutShellVariables(extra), ...argv];
      const options = { input: environmentLines(extra), accept: [0, unsafeLog] };
      const { exitCode } = await run(argv, options, ["sh", "-c", startScript, "localnet", ...parameters]);
      if (exitCode === unsafeLog) throw foreignFileError(logFile);
    },
    checkFolder: checkRemoteFolder,
    async during(argv, seconds, body, onOutput) {
      refuseNul(argv);
      const full = commandLine(duringScript, ["localnet", ...argv.map(encode)]);
      await connection.open();
      return waiting(() =>
        during(argv, full, seconds + connectTimeoutSeconds, body, {
          read: (result) => resultOf(argv, result, url),
          onOutput,
        }),
      );
    },
  };
}

/** The result of the command itself, not of ssh. */
function resultOf(argv: readonly string[], result: Result, url: string): Result {
  const match = /localnet-exit:(\d+)\n$/.exec(result.stderr);
  if (!match) throw unreachable(argv, result, url);
  return { exitCode: Number(match[1]), stdout: result.stdout, stderr: result.stderr.slice(0, -match[0].length) };
}
