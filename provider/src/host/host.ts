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
  /** Its network namespace is another than that of this very process. */
  readonly hasOwnNetwork: boolean;
  /** Runs a command to its end. A command that fails otherwise than `accept` allows throws. */
  run(argv: readonly string[], options?: RunOptions): Promise<Result>;
  /** Starts a command that goes on in a session of its own, its output appended to a log file. */
  start(argv: readonly string[], options: StartOptions): Promise<void>;
  /** Throws unless this user and root alone decide what a path to a folder leads to. */
  checkFolder(path: string): Promise<void>;
  /** Runs a body while a command lives: it prints something once it has begun, and ends with its standard input. */
  during<T>(
    argv: readonly string[],
    timeoutSeconds: number,
    body: () => Promise<T>,
    hear?: (output: Buffer) => void,
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

/** The environment of every command: no user setting can change what a tool prints or loads. */
export const environment = {
  LC_ALL: "C",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};

/** A command run through this gets exactly these variables, whatever sudo or a login shell would leave. */
export const withEnvironment = ["env", "-i", ...Object.entries(environment).map(([key, value]) => `${key}=${value}`)];

export const permissionHint =
  "run as root (CAP_NET_ADMIN and CAP_SYS_ADMIN), or let the user run sudo -n and set the configuration localnet:sudo to true";

interface Cause {
  readonly pattern: RegExp;
  readonly code: Code;
  readonly summary: string;
  readonly hint: string;
}

/** The cause of what needs a namespace that is not there. */
export function missingNetns(name: string) {
  return {
    code: "LN_NETNS",
    summary: `there is no network namespace "${name}"`,
    hint: "create it first; in a program, pass the Netns resource instead of its name",
  } as const;
}

/** Causes that many commands share, told by what they print, the first that fits. The rest is found by reading the object again. */
const causes: readonly Cause[] = [
  {
    // The second: of a namespace that is coming or going there is only the file.
    pattern:
      /cannot open network namespace "([^"]*)": No such file|setting the network namespace "([^"]*)" failed: Invalid argument|nsenter: cannot open \/run\/netns\/(\S+?): No such file|argument "([^"]*)" is wrong: Invalid "netns" value/i,
    ...missingNetns("$1"),
  },
  {
    // Of the file there is a rest, of which the kernel says that it is no namespace.
    pattern: /nsenter: reassociate to namespace '[^']*' failed: Invalid argument/,
    code: "LN_NETNS",
    summary: "there is no network namespace, only a file of its name",
    hint: "remove the file: ip netns del NAME",
  },
  {
    pattern: /sudo: .*(a password is required|is not in the sudoers file|not allowed to (execute|run))/,
    code: "LN_PERMISSION",
    summary: "sudo does not allow it without a password",
    hint: "let this user run every command with sudo -n (NOPASSWD), or run as root",
  },
  {
    pattern: /can't (?:open lock file|initialize iptables table).*(?:Permission denied|must be root)/s,
    code: "LN_PERMISSION",
    summary: "not permitted",
    hint: `${permissionHint}. As root of a user namespace: mount a tmpfs on /run, where the lock's file is`,
  },
  {
    pattern: /Operation not permitted|Permission denied|must be root/,
    code: "LN_PERMISSION",
    summary: "not permitted",
    hint: permissionHint,
  },
  {
    pattern: /Read-only file system/,
    code: "LN_PERMISSION",
    summary: "a file system is mounted read-only",
    hint: "in a container, /proc/sys or /sys is: start it privileged, or make the change on its host",
  },
  {
    pattern: /Can't initialize ipvs/,
    code: "LN_KERNEL",
    summary: "the running kernel has no IPVS",
    hint: "load the kernel module ip_vs: modprobe ip_vs; a kernel without it has to be replaced",
  },
  {
    pattern: /Scheduler or persistence engine not found/,
    code: "LN_KERNEL",
    summary: "the running kernel lacks the scheduler",
    hint: "load its kernel module: modprobe ip_vs_NAME, such as ip_vs_sh",
  },
  {
    pattern: /Unknown device type/,
    code: "LN_KERNEL",
    summary: "the running kernel lacks this type of link",
    hint: "load its kernel module, which mostly has the type's name: modprobe TYPE; a cloud kernel may need Debian's linux-image-amd64",
  },
  {
    pattern: /Couldn't load match [`'"]?([\w-]+)/,
    code: "LN_KERNEL",
    summary: 'there is no match "$1"',
    hint: "install the package iptables whole, and load the kernel module: modprobe xt_$1",
  },
  {
    pattern: /Couldn't load target [`'"]?([\w-]+)/,
    code: "LN_KERNEL",
    summary: 'there is no target "$1"',
    hint: "install the package iptables whole, and load the kernel module: modprobe xt_$1",
  },
  {
    pattern: /Module (\S+) not found in directory (\S+)/,
    code: "LN_KERNEL",
    summary: 'there is no kernel module "$1"',
    hint: "check its name, and that the running kernel's modules are there: after an upgrade of the kernel, reboot",
  },
  {
    pattern: /Requested (?:type|mode|\w+ algorithm) not found/,
    code: "LN_KERNEL",
    summary: "the running kernel lacks this protocol or algorithm of IPsec",
    hint: "load the kernel module that has it: modprobe esp4, esp6, ah4 or ah6, or that of the algorithm",
  },
  {
    pattern: /Protocol not (?:available|supported)/,
    code: "LN_KERNEL",
    summary: "the running kernel lacks what this needs",
    hint: "load the kernel module that has it, or take a kernel that has",
  },
  {
    pattern: /Nexthop (?:has invalid gateway|device is not up)|RTNETLINK answers: (?:Network is down|No route to host)/,
    code: "LN_COMMAND",
    summary: "no link that is up leads there",
    hint: "bring up the link, and give it an address in the network of the next hop; in a program, before the route (dependsOn)",
  },
  {
    pattern: /IPv6 is disabled on this device/,
    code: "LN_COMMAND",
    summary: "IPv6 is disabled on the link",
    hint: "set net.ipv6.conf.LINK.disable_ipv6 to 0, by a Sysctl before the address, or give it no IPv6 address; a new link has the value of net.ipv6.conf.default.disable_ipv6",
  },
  {
    pattern:
      /(?:failed to execute|exec of|failed to run command) ["'‘]?([^"':’]+)["'’]?(?: failed)?: No such file or directory/,
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
    if (!match) continue;
    const fill = (text: string) => text.replace("$1", match.slice(1).find(Boolean) ?? "");
    return new LocalnetError(code, fill(summary), { ran, hint: fill(hint) });
  }
  return new LocalnetError("LN_COMMAND", `${commandName(argv)} failed${reason(result.stderr)}`, { ran });
}

/** What ip, bridge, tc and iptables print when something else is not there that the command names or needs. */
const elsewhere =
  /Cannot find device|Device does not exist|[Ii]nvalid gateway|No route to host|Network is unreachable|Invalid prefsrc|Set \S+ doesn't exist|No chain\/target\/match by that name|(?:Nexthop device|Device for nexthop) is not up|Service not defined|Specified class not found|Failed to find specified qdisc|Parent Qdisc doesn't exists|Specified class doesn't exist/;

/** Is the cause that something else is not there, which another may be about to make? */
export function isCauseElsewhere(error: LocalnetError): boolean {
  return ["LN_NETNS", "LN_MISSING"].includes(error.code) || elsewhere.test(error.ran?.stderr ?? "");
}

/** The command that does the work, behind one that only brings it into a namespace or limits its environment. */
function commandName(argv: readonly string[]): string {
  const [first = "", ...rest] = argv;
  if (first === "nsenter" && rest.includes("--")) return commandName(rest.slice(rest.indexOf("--") + 1));
  if (first === "ip" && rest[0] === "netns" && rest[1] === "exec") return commandName(rest.slice(3));
  return first;
}

/** The last line that it printed, without its own name. */
function reason(stderr: string): string {
  // tc says no more than that in its last line.
  const lines = stderr
    .replace(/\nWe have an error talking to the kernel\s*$/, "")
    .trim()
    .split("\n");
  const line = lines.at(-1) ?? "";
  return line === "" ? "" : `: ${line.replace(/^(?:[\w.-]+: |RTNETLINK answers: |Error: )/, "")}`;
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
