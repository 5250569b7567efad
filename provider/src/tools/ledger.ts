import { createHash } from "node:crypto";
import { basename } from "node:path";
import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { commandError } from "../host/host";
import type { Listed } from "../kind";
import { getOrMake, together } from "../together";

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

/** Claims an object for one owner alone, who may have had another name; returns the entry that stands, ours or another's. */
export async function claim(host: Host, place: Place, owner: string, former = owner): Promise<Entry> {
  const entry = { what: place.what, owner };
  let there: Entry | undefined;
  // What stands there may go before it is read.
  for (let attempt = 1; !there && attempt <= attempts; attempt++) {
    if (await desk(host).write(line(path(place), entry))) return entry;
    [there] = await entries(host, place);
  }
  if (!there) throw new LocalnetError("LN_COMMAND", `the entry of ${place.what} comes and goes`);
  if (there.owner === owner || there.owner !== former) return there;
  await desk(host).overwrite(line(path(place), entry));
  return entry;
}

/** Writes down one of several owners that share an object. */
export async function share(host: Host, place: Place, entry: Omit<Entry, "what">): Promise<void> {
  await desk(host).overwrite(line(path(place, entry.owner), { what: place.what, ...entry }));
}

export async function entries(host: Host, place: Place): Promise<Entry[]> {
  const begin = path(place);
  const lines = (await desk(host).find(begin)).split("\n").filter((line) => line.startsWith(begin));
  return lines.map((line) => JSON.parse(line.slice(line.indexOf(" ") + 1, line.lastIndexOf("/"))) as Entry);
}

/** What several owners share, as what may be imported: not while it has one. */
export async function listed(host: Host, place: Place, id: string): Promise<Listed> {
  const [entry] = await entries(host, place);
  return { id, omit: entry && `it belongs to ${entry.owner}` };
}

export async function unclaim(host: Host, place: Place): Promise<void> {
  await desk(host).erase(path(place));
}

export async function unshare(host: Host, place: Place, owner: string): Promise<void> {
  await desk(host).erase(path(place, owner));
}

/** All that was in a namespace is gone with it. */
export async function forget(host: Host, netns: string): Promise<void> {
  await desk(host).erase(`${namespace(netns)}*`);
}

/** What an entry's link says: its words, and behind them its name, which is how one `ln` can make many. */
function line(file: string, entry: Entry): string {
  return `${JSON.stringify(entry)}/${basename(file)}`;
}

/** Writes down many entries; returns those of which the name is taken. */
async function write(host: Host, options: readonly string[], lines: readonly string[]): Promise<Set<string>> {
  const argv = ["ln", "-s", ...options, "-t", directory, "--", ...lines];
  for (let attempt = 1; ; attempt++) {
    const result = await host.run(argv, { accept: [0, 1] });
    if (result.exitCode === 0) return new Set();
    const taken = [...result.stderr.matchAll(/^ln: .*'([^']+)': File exists$/gm)].map(([, file]) => file);
    if (taken.length === result.stderr.trim().split("\n").length) {
      return new Set(lines.filter((each) => taken.includes(`${directory}/${basename(each)}`)));
    }
    // Another's last entry may have gone with the folder meanwhile, even more than once.
    if (attempt === attempts || !result.stderr.includes("No such file or directory"))
      throw new LocalnetError("LN_COMMAND", "cannot write down who owns this", { ran: { argv, ...result } });
    // One by one, since mkdir gives the mode only to those that it names.
    const mkdir = ["mkdir", "-p", "-m", "700", "--", base, directory];
    const made = await host.run(mkdir, { accept: [0, 1] });
    if (made.exitCode !== 0 && !made.stderr.includes("No such file or directory")) throw commandError(mkdir, made);
  }
}

/** What many ask of the ledger at a time, it is asked at once. */
interface Desk {
  /** Tells whether the entry is new. */
  readonly write: (line: string) => Promise<boolean>;
  readonly overwrite: (line: string) => Promise<unknown>;
  /** Prints paths that begin like this, and the entry behind each. */
  readonly find: (begin: string) => Promise<string>;
  /** Entries go with the folders that they leave empty. */
  readonly erase: (pattern: string) => Promise<string>;
}

const desks = new WeakMap<Host, Desk>();

function desk(host: Host): Desk {
  return getOrMake(desks, host, () => openDesk(host));
}

function openDesk(host: Host): Desk {
  const taken = together((lines: readonly string[]) => write(host, [], lines));
  return {
    write: async (line) => !(await taken(line)).has(line),
    overwrite: together((lines: readonly string[]) => write(host, ["-f"], lines)),
    find: together((begins: readonly string[]) => {
      const patterns = begins.flatMap((each) => ["-o", "-path", `${each}*`]).slice(1);
      return find(host, directory, "(", ...patterns, ")", "-printf", "%p %l\\n");
    }),
    erase: together((patterns: readonly string[]) => {
      const folders = [directory, base].flatMap((each) => ["-o", "-path", each, "-empty"]);
      const entries = patterns.flatMap((each) => ["-o", "-path", each]).slice(1);
      return find(host, base, "-depth", "(", ...entries, ...folders, ")", "-delete");
    }),
  };
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
  return [`${namespace(netns)}${digest(what)}`, ...(owner === undefined ? [] : [digest(owner)])].join("-");
}

/** What the paths of a namespace's entries begin with; "@" can be no namespace's name, and ":" in none. */
function namespace(netns: string | undefined): string {
  return `${directory}/${netns ?? "@"}:`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
