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
  /** Tells what it goes with, such as a link, from a later one of that name; undefined: there is none. */
  readonly incarnation?: ((host: Host) => Promise<string | undefined>) | undefined;
}

export interface Entry {
  readonly what: string;
  readonly owner: string;
  /** What there was before. */
  readonly before?: unknown;
  /** What there is since. */
  readonly value?: unknown;
}

/**
 * Of which namespace the object is, and of which other thing of its place. Names can be given again, by hand too: an entry
 * is void for what has the name of one that is gone.
 */
interface Incarnation {
  readonly namespace?: string | undefined;
  readonly incarnation?: string | undefined;
}

/** Claims an object for one owner alone; returns the entry that stands, ours or another's, and whether it is new. */
export async function claim(host: Host, place: Place, owner: string): Promise<Entry & { readonly isNew: boolean }> {
  const now = await incarnationOf(host, place);
  const entry = { what: place.what, owner };
  // What stands there may go before it is read.
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (await storeOf(host).write(line(path(place), { ...entry, ...now }))) return { ...entry, isNew: true };
    const there = await storeOf(host).read(path(place));
    if (there !== undefined && !isVoid(parse(there), now)) return { ...wordsOf(parse(there)), isNew: false };
    if (there !== undefined) await eraseClaim(host, place);
  }
  throw new LocalnetError("LN_COMMAND", `the entry of ${place.what} comes and goes`);
}

/** Puts an owner in place of whoever the entry names. */
export async function replaceClaim(host: Host, place: Place, owner: string): Promise<void> {
  const entry = { what: place.what, owner, ...(await incarnationOf(host, place)) };
  await storeOf(host).overwrite(line(path(place), entry));
}

/** The entry of an object that one owner alone may have; the owner of a void one is "", which is nobody of ours. */
export async function readClaim(host: Host, place: Place): Promise<Entry | undefined> {
  const text = await storeOf(host).read(path(place));
  if (text === undefined) return undefined;
  const entry = parse(text);
  return { ...wordsOf(entry), ...(isVoid(entry, await incarnationOf(host, place)) && { owner: "" }) };
}

/** Writes down one of several owners that share an object; tells whether it had no entry yet. */
export async function addShare(host: Host, place: Place, entry: Omit<Entry, "what">): Promise<boolean> {
  const text = line(path(place, entry.owner), { what: place.what, ...entry, ...(await incarnationOf(host, place)) });
  if (await storeOf(host).write(text)) return true;
  await storeOf(host).overwrite(text);
  return false;
}

/** The entries of those that share it, but for those that are void. */
export async function readShares(host: Host, place: Place): Promise<Entry[]> {
  const entries = (await storeOf(host).find(path(place))).map(parse);
  const now = entries.length > 0 ? await incarnationOf(host, place) : {};
  return entries.filter((entry) => !isVoid(entry, now)).map(wordsOf);
}

/** Is the entry of an owner void? What it recorded of the time before is of what is gone. */
export async function isShareVoid(host: Host, place: Place, owner: string): Promise<boolean> {
  const text = await storeOf(host).read(path(place, owner));
  return text !== undefined && isVoid(parse(text), await incarnationOf(host, place));
}

async function incarnationOf(host: Host, { netns, incarnation }: Place): Promise<Incarnation> {
  return {
    namespace: netns === undefined ? undefined : await netnsIdentity(host, netns),
    incarnation: await incarnation?.(host),
  };
}

/** Entries of former releases do not tell; nor can it be told of what is not there. */
function isVoid(entry: Incarnation, now: Incarnation): boolean {
  return (["namespace", "incarnation"] as const).some(
    (key) => entry[key] !== undefined && now[key] !== undefined && entry[key] !== now[key],
  );
}

function wordsOf({ namespace: _, incarnation: __, ...entry }: Entry & Incarnation): Entry {
  return entry;
}

/** All entries of a host, of all its namespaces, with the namespace that each is of. */
export async function listEntries(host: Host): Promise<(Entry & Place)[]> {
  const lines = await storeOf(host).find(`${directory}/`);
  return lines.map((line) => ({ ...wordsOf(parse(line)), netns: netnsOf(basename(line)) }));
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
