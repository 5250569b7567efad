import { hasCode, LocalnetError } from "../errors";
import type { Host } from "../host";
import { commandError } from "../host/host";
import { enter } from "../host/netns";

// Files below /proc/sys, not the sysctl command: that one reports a write that failed with exit code 0.

/** A kernel setting's value with its blanks made single; undefined when the kernel has none of that key. */
export async function readSysctl(host: Host, netns: string | undefined, key: string): Promise<string | undefined> {
  try {
    const { stdout } = await host.run(enter(netns, ["cat", `/proc/sys/${key}`]));
    return normalise(stdout);
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && error.ran?.stderr?.includes("No such file")) return undefined;
    throw error;
  }
}

/** The values of those keys that the kernel has. */
export async function readSysctls(
  host: Host,
  netns: string | undefined,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const files = keys.map((key) => `/proc/sys/${key}`);
  const argv = enter(netns, ["grep", "-s", "", ...files]);
  const result = await host.run(argv, { accept: [0, 1, 2] });
  // grep itself says nothing of files that are not there.
  if (result.stderr) throw commandError(argv, result);
  const lines = result.stdout.matchAll(/^\/proc\/sys\/([^:]*):(.*)$/gm);
  return new Map([...lines].map(([, key = "", value = ""]) => [key, normalise(value)]));
}

export async function writeSysctl(host: Host, netns: string | undefined, key: string, value: string): Promise<void> {
  try {
    await host.run(enter(netns, ["tee", `/proc/sys/${key}`]), { input: `${value}\n` });
  } catch (error) {
    if (!hasCode(error, "LN_COMMAND") || !error.ran?.stderr?.includes("No such file")) throw error;
    const hint = "load the kernel module that has it first: br_netfilter for net.bridge.*, ip_vs for net.ipv4.vs.*";
    throw new LocalnetError("LN_KERNEL", `there is no kernel setting ${key}`, { ran: error.ran, hint });
  }
}

export function normalise(value: string): string {
  return value.trim().replace(/\s+/g, " ");
}
