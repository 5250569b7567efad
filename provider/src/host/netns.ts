import { statSync } from "node:fs";
import { LocalnetError } from "../errors";
import { missingNetns } from "./causes";
import { coalesce, getOrCreate } from "./coalesce";
import { commandError } from "./command-error";
import { ignoreErrors, pathExists } from "./files";
import type { Host } from "./index";

// The named network namespaces of a host, which `ip netns` manages.

/** The folder with the files of the named network namespaces. */
const namespaces = "/run/netns";

export function pathOf(netns: string): string {
  return `${namespaces}/${netns}`;
}

const names = new WeakMap<Host, (name: string) => Promise<Set<string>>>();

/** Is there a file of a namespace of that name? */
export async function netnsFileExists(host: Host, name: string): Promise<boolean> {
  if (host.isLocal) return pathExists(pathOf(name));
  const files = async () => {
    const argv = ["ls", namespaces];
    const result = await host.run(argv, { accept: [0, 2] });
    // The folder is made with the first namespace.
    if (result.exitCode !== 0 && !result.stderr.includes("No such file")) throw commandError(argv, result);
    return new Set(result.stdout.split("\n"));
  };
  return (await getOrCreate(names, host, () => coalesce(files))(name)).has(name);
}

const identities = new WeakMap<Host, (name: string) => Promise<Map<string, string>>>();

/** Identifies the namespace that has the name: a later one with this name differs. Undefined: there is none. */
export async function netnsIdentity(host: Host, name: string): Promise<string | undefined> {
  if (host.isLocal) {
    const file = ignoreErrors(["ENOENT"], () => statSync(pathOf(name)));
    return file && `${file.ino} ${Math.floor(file.ctimeMs / 1000)}`;
  }
  const read = async (all: readonly string[]) => {
    const argv = ["find", ...all.map(pathOf), "-maxdepth", "0", "-printf", "%f/%i %C@\\n"];
    const { stdout } = await host.run(argv, { accept: [0, 1] });
    const lines = [...stdout.matchAll(/^(.*)\/(\d+ \d+)/gm)];
    return new Map(lines.map(([, each = "", identity = ""]) => [each, identity]));
  };
  return (await getOrCreate(identities, host, () => coalesce(read))(name)).get(name);
}

/** Throws if the namespace is missing. A command that is started and not waited for cannot report that. */
export async function requireNetns(host: Host, name: string): Promise<void> {
  if (await netnsFileExists(host, name)) return;
  const { code, summary, hint } = missingNetns(name);
  throw new LocalnetError(code, summary, { hint });
}

/** The named network namespaces. */
export async function listNetns(host: Host): Promise<string[]> {
  const lines = (await host.run(["ip", "netns", "list"])).stdout.split("\n").filter(Boolean);
  return lines.map((line) => line.replace(/ \(id: \d+\)$/, "")).sort();
}

/**
 * The output of a reading command in a new namespace that ends with it; undefined: this user may not make one. Nobody else
 * sees that namespace.
 */
export async function runInNewNetns(host: Host, argv: readonly string[]): Promise<string | undefined> {
  const full = ["unshare", "--net", "--", ...argv];
  const result = await host.run(full, { accept: "any" });
  if (!result.stderr.startsWith("unshare: ")) return result.stdout;
  if (result.stderr.includes("Operation not permitted")) return undefined;
  throw commandError(full, result);
}

/** The command line that runs another command in a network namespace, and changes nothing else for it. */
export function enter(netns: string | undefined, argv: readonly string[]): string[] {
  return netns === undefined ? [...argv] : ["nsenter", `--net=${pathOf(netns)}`, "--", ...argv];
}
