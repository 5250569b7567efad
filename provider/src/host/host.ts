import { type Code, LocalnetError } from "../errors";
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
  /** The command may leave children behind that go on printing: nobody else's output may come where its own did. */
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
  /** This very process can do with files there what a command can. */
  readonly isLocal: boolean;
  /** Runs a command to its end. A command that fails otherwise than `accept` allows throws. */
  run(argv: readonly string[], options?: RunOptions): Promise<Result>;
  /** Starts a command that goes on in a session of its own, its output appended to a log file. */
  start(argv: readonly string[], options: StartOptions): Promise<void>;
  /** Runs a body while a command lives, which must copy its standard input to its output: that shows that it has begun. */
  during<T>(argv: readonly string[], timeoutSeconds: number, body: () => Promise<T>): Promise<T>;
}

export const defaultTimeoutSeconds = 15;

/** The environment of every command: no user setting can change what a tool prints or loads. */
export const environment = {
  LC_ALL: "C",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};

/** A command run through this gets exactly these variables, whatever sudo or a login shell would leave. */
export const withEnvironment = ["env", "-i", ...Object.entries(environment).map(([key, value]) => `${key}=${value}`)];

export const permissionHint =
  "run as root (CAP_NET_ADMIN and CAP_SYS_ADMIN), or let the user run sudo -n and set the configuration localnet:sudo to true";

/** Causes that many commands share, told by what they print. The rest is found by reading the object again. */
const causes: readonly { pattern: RegExp; code: Code; summary: string; hint: string }[] = [
  {
    // The second: of a namespace that is coming or going there is only the file.
    pattern:
      /cannot open network namespace "([^"]*)": No such file|setting the network namespace "([^"]*)" failed: Invalid argument|nsenter: cannot open \/run\/netns\/(\S+?): No such file|argument "([^"]*)" is wrong: Invalid "netns" value/i,
    code: "LN_NETNS",
    summary: 'there is no network namespace "$1"',
    hint: "create it first; in a program, pass the Netns resource instead of its name",
  },
  {
    pattern: /Operation not permitted|Permission denied|must be root|a password is required/,
    code: "LN_PERMISSION",
    summary: "not permitted",
    hint: permissionHint,
  },
  {
    pattern:
      /Unknown device type|Can't initialize ipvs|Protocol not (?:available|supported)|Couldn't load (?:match|target)|Module \S+ not found/,
    code: "LN_KERNEL",
    summary: "the running kernel lacks what this needs",
    hint: "load or install the kernel module: ip_vs for IPVS, dummy, veth or bridge for links, xt_NAME for an iptables match",
  },
  {
    pattern:
      /(?:failed to execute|exec of|failed to run command) ["']?([^"':]+)["']?(?: failed)?: No such file or directory/,
    code: "LN_TOOL",
    summary: 'there is no command "$1"',
    hint: "install the package that holds it",
  },
];

/** The error for a command that failed. */
export function commandError(argv: readonly string[], result: Result): LocalnetError {
  const ran = { argv, exitCode: result.exitCode, stderr: result.stderr };
  for (const { pattern, code, summary, hint } of causes) {
    const match = pattern.exec(result.stderr);
    if (match) return new LocalnetError(code, summary.replace("$1", match.slice(1).find(Boolean) ?? ""), { ran, hint });
  }
  return new LocalnetError("LN_COMMAND", `${argv[0]} failed`, { ran });
}

export function timeoutError(argv: readonly string[], seconds: number): LocalnetError {
  return interrupted() ?? new LocalnetError("LN_TIMEOUT", `no end within ${seconds} s, killed`, { ran: { argv } });
}

export function settle(argv: readonly string[], result: Result, options: RunOptions): Result {
  const accept = options.accept ?? [0];
  // 127: the command itself is missing, which is never an answer.
  if (result.exitCode !== 127 && (accept === "any" || accept.includes(result.exitCode))) return result;
  throw commandError(argv, result);
}
