import { createHash } from "node:crypto";
import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { commandError } from "../host/host";
import type { Listed } from "../kind";

/**
 * What cannot carry a mark is written down on its host: a symbolic link for each entry, because the kernel makes one
 * whole and only once. Below /run the ledger ends with what it tells of: at the next boot both are gone.
 */
const base = "/run/pulumi-localnet";
const directory = `${base}/owned`;
const attempts = 20;

/** The object that an entry is about. */
export interface Place {
  readonly netns: string | undefined;
  /** Kind and id. */
  readonly what: string;
}

export interface Entry {
  readonly what: string;
  readonly owner: string;
  /** What there was before. */
  readonly before?: unknown;
  /** What there is since. */
  readonly value?: unknown;
}

/** Claims an object for one owner alone; returns the entry that stands, ours or another's. */
export async function claim(host: Host, place: Place, owner: string): Promise<Entry> {
  const entry = { what: place.what, owner };
  if (await write(host, place, path(place), entry)) return entry;
  return (await entries(host, place))[0] ?? entry;
}

/** Writes down one of several owners that share an object. */
export async function share(host: Host, place: Place, entry: Omit<Entry, "what">): Promise<void> {
  await write(host, place, path(place, entry.owner), { what: place.what, ...entry }, ["-f"]);
}

export async function entries(host: Host, place: Place): Promise<Entry[]> {
  const name = `${path(place).split("/").pop()}*`;
  const stdout = await find(host, folder(place.netns), "-maxdepth", "1", "-name", name, "-printf", "%l\\n");
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
}

/** What several owners share, as what may be imported: not while it has one. */
export async function listed(host: Host, place: Place, id: string): Promise<Listed> {
  const [entry] = await entries(host, place);
  return { id, omit: entry && `it belongs to ${entry.owner}` };
}

export async function unclaim(host: Host, place: Place): Promise<void> {
  await erase(host, place.netns, path(place));
}

export async function unshare(host: Host, place: Place, owner: string): Promise<void> {
  await erase(host, place.netns, path(place, owner));
}

/** All that was in a namespace is gone with it. */
export async function forget(host: Host, netns: string): Promise<void> {
  await erase(host, netns, `${folder(netns)}/*`);
}

/** Returns whether the entry is new. */
async function write(host: Host, place: Place, file: string, entry: Entry, options: string[] = []): Promise<boolean> {
  const argv = ["ln", "-s", "-T", ...options, "--", JSON.stringify(entry), file];
  for (let attempt = 1; ; attempt++) {
    const result = await host.run(argv, { accept: [0, 1] });
    if (result.exitCode === 0) return true;
    if (result.stderr.includes("File exists")) return false;
    // Another's last entry may have gone with its folder meanwhile, even more than once.
    if (attempt === attempts)
      throw new LocalnetError("LN_COMMAND", "cannot write down who owns this", { ran: { argv, ...result } });
    // One by one, since mkdir gives the mode only to those that it names.
    const mkdir = ["mkdir", "-p", "-m", "700", "--", base, directory, folder(place.netns)];
    const made = await host.run(mkdir, { accept: [0, 1] });
    if (made.exitCode !== 0 && !made.stderr.includes("No such file or directory")) throw commandError(mkdir, made);
  }
}

/** Entries go with the folders that they leave empty; those of other namespaces may be empty because they are just being filled. */
async function erase(host: Host, netns: string | undefined, path: string): Promise<void> {
  const folders = [folder(netns), directory, base].flatMap((each) => ["-o", "-path", each, "-empty"]);
  await find(host, base, "-depth", "(", "-path", path, ...folders, ")", "-delete");
}

/** Nothing is found where there is no ledger yet, and what comes or goes meanwhile is no failure. */
async function find(host: Host, ...args: string[]): Promise<string> {
  const argv = ["find", ...args];
  const result = await host.run(argv, { accept: [0, 1] });
  const harmless = /^(find: .*: (No such file or directory|Directory not empty)\n)+$/.test(result.stderr);
  if (result.exitCode === 0 || harmless) return result.stdout;
  throw new LocalnetError("LN_COMMAND", "find failed", { ran: { argv, ...result } });
}

function path({ netns, what }: Place, owner?: string): string {
  return [`${folder(netns)}/${digest(what)}`, ...(owner === undefined ? [] : [digest(owner)])].join("-");
}

/** A namespace's entries; "@" can be no namespace's name. */
function folder(netns: string | undefined): string {
  return `${directory}/${netns ?? "@"}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
