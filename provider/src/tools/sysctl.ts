import { hasCode, LocalnetError } from "../errors";
import { cached, type Host } from "../host";
import { commandError } from "../host/command-error";
import { enter, runInNewNetns } from "../host/netns";

// Reads and writes files below /proc/sys. The sysctl command is not used, because it exits with 0 when a write fails.

const root = "/proc/sys";

/** The value of a kernel setting, with single blanks; undefined: the kernel has no such key. */
export async function readSysctl(host: Host, netns: string | undefined, key: string): Promise<string | undefined> {
  try {
    const { stdout } = await host.run(enter(netns, ["cat", `${root}/${key}`]));
    return normalise(stdout);
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && error.command?.stderr?.includes("No such file")) return undefined;
    if (hasCode(error, "LN_COMMAND") && error.command?.stderr?.includes("Is a directory")) {
      const hint = `give the key of one of them: ls /proc/sys/${key}`;
      throw new LocalnetError("LN_INPUT", `key: ${key} is a folder of settings`, { command: error.command, hint });
    }
    if (hasCode(error, "LN_COMMAND") && error.command?.stderr?.includes("Input/output error")) {
      const hint = "set it by hand: a value that cannot be read cannot be restored";
      throw new LocalnetError("LN_KERNEL", `${key} has no value that could be read`, { command: error.command, hint });
    }
    throw error;
  }
}

/** The values of those keys that exist. */
export async function readSysctls(
  host: Host,
  netns: string | undefined,
  keys: readonly string[],
): Promise<Map<string, string>> {
  return grep(
    host,
    netns,
    keys.map((key) => `${root}/${key}`),
  );
}

/** The settings with these names for every link below a folder. */
export async function readSysctlFiles(
  host: Host,
  netns: string | undefined,
  folder: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  return grep(host, netns, ["-r", ...names.map((name) => `--include=${name}`), `${root}/${folder}`]);
}

/** All settings that can be read. */
export function readAllSysctls(host: Host, netns: string | undefined): Promise<Map<string, string>> {
  return grep(host, netns, all);
}

/** All settings of a new namespace; undefined: this user may not make one. */
export function readNewSysctls(host: Host): Promise<Map<string, string> | undefined> {
  return cached(host, "settings of a new namespace", async () => {
    const text = await runInNewNetns(host, [...search, ...all]);
    return text === undefined ? undefined : parseValues(text);
  });
}

const search = ["grep", "-sH", ""];
const all = ["-r", `${root}/net`];

async function grep(host: Host, netns: string | undefined, args: readonly string[]): Promise<Map<string, string>> {
  const argv = enter(netns, [...search, ...args]);
  const result = await host.run(argv, { accept: [0, 1, 2] });
  // grep -s prints no message about missing files.
  if (result.stderr) throw commandError(argv, result);
  return parseValues(result.stdout);
}

function parseValues(text: string): Map<string, string> {
  const lines = text.matchAll(/^\/proc\/sys\/([^:]*):(.*)$/gm);
  return new Map([...lines].map(([, key = "", value = ""]) => [key, normalise(value)]));
}

export async function writeSysctl(host: Host, netns: string | undefined, key: string, value: string): Promise<void> {
  await host.run(enter(netns, ["tee", `${root}/${key}`]), { input: `${value}\n` });
}

/** Writes many settings, with a command for each value. A setting that disappeared with its link is not an error. */
export async function writeSysctls(
  host: Host,
  netns: string | undefined,
  values: ReadonlyMap<string, string>,
): Promise<void> {
  for (const value of new Set(values.values())) {
    const files = [...values].flatMap(([key, each]) => (each === value ? `${root}/${key}` : []));
    const argv = enter(netns, ["tee", "--", ...files]);
    const result = await host.run(argv, { input: `${value}\n`, accept: "any" });
    const harmless = /^(tee: .*: No such file or directory\n)+$/.test(result.stderr);
    if (result.exitCode !== 0 && !harmless) throw commandError(argv, result);
  }
}

export function normalise(value: string): string {
  return value.trim().replace(/\s+/g, " ");
}
