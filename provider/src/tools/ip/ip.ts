import { LocalnetError } from "../../errors";
import type { Host, Result, RunOptions } from "../../host";
import { linksOfThisProcess, pathExists } from "../../host/files";

const attempts = 20;

/** The first words of a command of `ip`, in a namespace (undefined: the host's own). */
export function ipIn(netns: string | undefined): string[] {
  return ["ip", ...(netns === undefined ? [] : ["-n", netns])];
}

export async function ip(host: Host, netns: string | undefined, ...args: string[]): Promise<string> {
  return (await runIp(host, [...ipIn(netns), ...args])).stdout;
}

/** Runs ip. A list that changed while the kernel printed it is read again. */
export async function runIp(host: Host, argv: readonly string[], options?: RunOptions): Promise<Result> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const result = withoutBinds(await host.run(argv, options));
    if (!result.stderr.includes("Dump was interrupted")) return result;
  }
  throw new LocalnetError("LN_COMMAND", "the list changes faster than it can be read", { command: { argv } });
}

/**
 * Without what ip says of files for a namespace, and goes on: it puts those in `/etc/netns/NAME` in place of those in /etc,
 * where one may be missing, and one may go meanwhile.
 */
export function withoutBinds(result: Result): Result {
  return { ...result, stderr: result.stderr.replace(/^Bind \/etc\/netns\/.* -> \/etc\/.* failed: .*\n/gm, "") };
}

/** Each link has a folder of settings here, in the network namespace of the reader, unless its mtu is too small for IPv4. */
const settings = "/proc/sys/net/ipv4/conf";

/** Is it certain, without running a command, that no link has this name? */
export function isLinkKnownAbsent(host: Host, netns: string | undefined, name: string): boolean {
  if (host.hasOwnNetwork || !host.isLocal || netns !== undefined || !pathExists(`${settings}/lo`)) return false;
  return !pathExists(`${settings}/${name}`) && !linksOfThisProcess().includes(name);
}

const withIpv6 = new WeakMap<Host, boolean>();

/** Does the host's kernel have IPv6? The answer is the same until the next boot. */
export async function hasIpv6(host: Host): Promise<boolean> {
  const known = withIpv6.get(host);
  if (known !== undefined) return known;
  const { exitCode } = await host.run(["test", "-e", "/proc/sys/net/ipv6"], { accept: [0, 1] });
  withIpv6.set(host, exitCode === 0);
  return exitCode === 0;
}
