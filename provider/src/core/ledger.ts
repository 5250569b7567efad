import { createHash } from "node:crypto";
import { basename } from "node:path";
import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { netnsIdentity } from "../host/netns";
import type { Importable } from "./kind";
import { directory, storeOf } from "./ledger-store";

/**
 * What cannot carry a mark is written down on its host: a symbolic link for each entry, because the kernel makes one
 * whole and only once. Below /run the ledger ends with what it tells of: at the next boot both are gone.
 */
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

/** What is always there, such as a setting, cannot tell that its namespace was made again by hand: the entry does. */
interface Incarnation {
  readonly namespace?: string | undefined;
}

/** Claims an object for one owner alone; returns the entry that stands, ours or another's. */
export async function claim(host: Host, place: Place, owner: string): Promise<Entry> {
  const entry = { what: place.what, owner };
  let there: Entry | undefined;
  // What stands there may go before it is read.
  for (let attempt = 1; !there && attempt <= attempts; attempt++) {
    if (await storeOf(host).write(line(path(place), entry))) return entry;
    there = await readClaim(host, place);
  }
  if (!there) throw new LocalnetError("LN_COMMAND", `the entry of ${place.what} comes and goes`);
  return there;
}

/** Puts an owner in place of whoever the entry names. */
export async function replaceClaim(host: Host, place: Place, owner: string): Promise<void> {
  await storeOf(host).overwrite(line(path(place), { what: place.what, owner }));
}

/** The entry of an object that one owner alone may have. */
export async function readClaim(host: Host, place: Place): Promise<Entry | undefined> {
  const text = await storeOf(host).read(path(place));
  return text === undefined ? undefined : parse(text);
}

/** Writes down one of several owners that share an object; tells whether it had no entry yet. */
export async function addShare(host: Host, place: Place, entry: Omit<Entry, "what">): Promise<boolean> {
  const namespace = await identityOf(host, place);
  const text = line(path(place, entry.owner), { what: place.what, ...entry, namespace });
  if (await storeOf(host).write(text)) return true;
  await storeOf(host).overwrite(text);
  return false;
}

/** The entries of those that share it, but for those of a namespace that had the name before. */
export async function readShares(host: Host, place: Place): Promise<Entry[]> {
  const entries = (await storeOf(host).find(path(place))).map(parse);
  const now = entries.length > 0 ? await identityOf(host, place) : undefined;
  return entries
    .filter(({ namespace = now }) => now === undefined || namespace === now)
    .map(({ namespace: _, ...entry }) => entry);
}

async function identityOf(host: Host, { netns }: Place): Promise<string | undefined> {
  return netns === undefined ? undefined : netnsIdentity(host, netns);
}

/** All entries of a host, of all its namespaces, with the namespace that each is of. */
export async function listEntries(host: Host): Promise<(Entry & Place)[]> {
  const lines = await storeOf(host).find(`${directory}/`);
  return lines.map((line) => ({ ...parse(line), netns: netnsOf(basename(line)) }));
}

/** What several owners share, as what may be imported: not while it has one. */
export async function listUnshared(host: Host, place: Place, id: string): Promise<Importable> {
  const [entry] = await readShares(host, place);
  return { id, omit: entry && `it belongs to ${entry.owner}` };
}

export async function eraseClaim(host: Host, place: Place): Promise<void> {
  await storeOf(host).erase(path(place));
}

export async function eraseShare(host: Host, place: Place, owner: string): Promise<void> {
  await storeOf(host).erase(path(place, owner));
}

/** All that was in a namespace is gone with it. */
export async function eraseNetns(host: Host, netns: string): Promise<void> {
  await storeOf(host).eraseAll(namespace(netns));
}

/** What an entry's link says: its words, and behind them its name, which is how one `ln` can make many. */
function line(file: string, entry: Entry & Incarnation): string {
  return `${JSON.stringify(entry)}/${basename(file)}`;
}

function parse(line: string): Entry & Incarnation {
  return JSON.parse(line.slice(0, line.lastIndexOf("/"))) as Entry & Incarnation;
}

function path({ netns, what }: Place, owner?: string): string {
  return [`${namespace(netns)}${digest(what)}`, ...(owner === undefined ? [] : [digest(owner)])].join("-");
}

/** What the paths of a namespace's entries begin with; "@" can be no namespace's name, and ":" in none. */
function namespace(netns: string | undefined): string {
  return `${directory}/${netns ?? "@"}:`;
}

function netnsOf(name: string): string | undefined {
  const netns = name.slice(0, name.indexOf(":"));
  return netns === "@" ? undefined : netns;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
