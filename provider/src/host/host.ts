import { LocalnetError } from "../errors";
import type { Access } from "./access";
import { commandError } from "./command-error";
import { interrupted } from "./interrupt";

export interface RunOptions {
  /** Text for the command's standard input. */
  readonly input?: string;
  /** After this time the command is killed. Seconds. Default: the host's. */
  readonly timeoutSeconds?: number;
  /** Exit codes that are an answer, not a failure. Default: [0]. */
  readonly accept?: readonly number[] | "any";
  /** A command that prints more than this on standard output, or on standard error, is killed. Bytes. Default: 16 MiB. */
  readonly maxOutputBytes?: number;
  /**
   * The command may leave children that go on printing. It does not share a shell, so that their output does not mix with
   * that of other commands.
   */
  readonly apart?: boolean;
}

export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** Variables beside LC_ALL and PATH. They may be secrets: they are on no command line, and in no error. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Made with mode 0600. Refused unless it is a regular file of this user, with one name, where no other user may put one. */
  readonly logFile: string;
}

/** Where commands run: this machine or another one. The only thing in this package that starts processes. */
export interface Host {
  /** Where files that live as long as a resource does are kept: log files. */
  readonly runDirectory: string;
  /** This process can work with files there as a command can. */
  readonly isLocal: boolean;
  /** Its network namespace is not that of this process. */
  readonly hasOwnNetwork: boolean;
  /**
   * What this user can do there. It is found out once, with one attempt to connect: it does not wait for a host that may
   * be booting.
   */
  access(): Promise<Access>;
  /** Runs a command to its end. A command that fails otherwise than `accept` allows throws. */
  run(argv: readonly string[], options?: RunOptions): Promise<Result>;
  /** Starts a command that goes on in a session of its own. Its output is appended to a log file. */
  start(argv: readonly string[], options: StartOptions): Promise<void>;
  /** Throws unless this user and root alone decide what a path to a folder leads to. */
  checkFolder(path: string): Promise<void>;
  /**
   * Runs a body while a command runs. The command must print something when it has begun, and must end when its standard
   * input ends.
   */
  during<T>(
    argv: readonly string[],
    timeoutSeconds: number,
    body: () => Promise<T>,
    onOutput?: (output: Buffer) => void,
  ): Promise<T>;
}

export interface HostSettings {
  /** Commands go through `sudo -n`. */
  readonly sudo: boolean;
  /** The host of resources that have no input `host`. */
  readonly host?: string | undefined;
  /** After this time a command is killed. Seconds. Default: 15. */
  readonly timeoutSeconds?: number;
  /** The configuration of the OpenSSH client: a path, or a text of several lines. */
  readonly sshConfig?: string | undefined;
  /** After this time a connection that did not come about is given up. Seconds. Default: 60. */
  readonly connectTimeoutSeconds?: number;
}

export const defaultTimeoutSeconds = 15;

export const timeoutVariable = "LOCALNET_TIMEOUT_SECONDS";

/** The environment of every command: no user setting can change what a tool prints or loads. */
export const environment = {
  LC_ALL: "C",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};

/** A command run through this gets exactly these variables, whatever sudo or a login shell would leave. */
export const withEnvironment = ["env", "-i", ...Object.entries(environment).map(([key, value]) => `${key}=${value}`)];

export function timeoutError(argv: readonly string[], seconds: number): LocalnetError {
  const hint =
    "see by hand what it waits for; the configuration localnet:timeoutSeconds, or LOCALNET_TIMEOUT_SECONDS, gives commands more time that have no limit of their own";
  return (
    interrupted() ?? new LocalnetError("LN_TIMEOUT", `no end within ${seconds} s, killed`, { command: { argv }, hint })
  );
}

export function settle(argv: readonly string[], result: Result, options: RunOptions): Result {
  const accept = options.accept ?? [0];
  // 127: the command itself is missing, which is never an answer.
  if (result.exitCode !== 127 && (accept === "any" || accept.includes(result.exitCode))) return result;
  throw commandError(argv, result);
}
