import { createHash } from "node:crypto";
import { basename } from "node:path";
import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { netnsIdentity } from "../host/netns";
import type { Importable } from "./kind";
import { directory, storeOf } from "./ledger-store";

// The ledger has the owners of objects without a mark, on the host of these objects. Each entry is a symbolic link, because
// the kernel makes a link in one step, and only if its name is free. It is below /run: at the next boot the objects and their
// entries are gone.

/** Attempts to write an entry, if others write and erase it meanwhile. */
const attempts = 20;

/** The object that an entry is about. */
export interface Place {
  readonly netns: string | undefined;
  /** Kind and id. */
  readonly what: string;
  /**
   * Identifies what the object is removed with, such as a link: a later link of the same name differs. Undefined: there is
   * none.
   */
  readonly incarnation?: ((host: Host) => Promise<string | undefined>) | undefined;
}

export interface Entry {
  readonly what: string;
  readonly owner: string;
  /** The value before the first owner. */
  readonly before?: unknown;
  /** The value that the owner has set. */
  readonly value?: unknown;
}

/**
 * Identifies the namespace of an object, and what the object is removed with. A name can be used again, also by hand: an
 * entry of something that is gone is void for what has its name now.
 */
interface Incarnation {
  readonly namespace?: string | undefined;
  readonly incarnation?: string | undefined;
}

/** Claims an object for one owner alone; returns the entry that stands, ours or another's, and whether it is new. */
export async function claim(host: Host, place: Place, owner: string): Promise<Entry & { readonly isNew: boolean }> {
  const now = await incarnationOf(host, place);
  const entry = { what: place.what, owner };
  // An existing entry may be erased before it is read.
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

/** The entry of an object that only one owner may have. The owner of a void entry is "", which is no owner. */
export async function readClaim(host: Host, place: Place): Promise<Entry | undefined> {
  const text = await storeOf(host).read(path(place));
  if (text === undefined) return undefined;
  const entry = parse(text);
  return { ...wordsOf(entry), ...(isVoid(entry, await incarnationOf(host, place)) && { owner: "" }) };
}

/** Writes the entry of one of several owners that share an object; returns whether it had none. */
export async function addShare(host: Host, place: Place, entry: Omit<Entry, "what">): Promise<boolean> {
  const text = line(path(place, entry.owner), { what: place.what, ...entry, ...(await incarnationOf(host, place)) });
  if (await storeOf(host).write(text)) return true;
  await storeOf(host).overwrite(text);
  return false;
}

/** The entries of all owners that share an object, without void ones. */
export async function readShares(host: Host, place: Place): Promise<Entry[]> {
  const entries = (await storeOf(host).find(path(place))).map(parse);
  const now = entries.length > 0 ? await incarnationOf(host, place) : {};
  return entries.filter((entry) => !isVoid(entry, now)).map(wordsOf);
}

/** Is the entry of an owner void? Then its value from before is that of an object that is gone. */
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

/** Entries of former releases lack these values, and what does not exist has none: neither makes an entry void. */
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

/**
 * An object that several owners can share, for the list of objects to import. It cannot be imported while it has an owner.
 */
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

/** Erases the entries of a namespace that is gone. */
export async function eraseNetns(host: Host, netns: string): Promise<void> {
  await storeOf(host).eraseAll(namespace(netns));
}

/** The target of an entry's link: the entry, and after it the link's own name, so that one `ln` can make many links. */
function line(file: string, entry: Entry & Incarnation): string {
  return `${JSON.stringify(entry)}/${basename(file)}`;
}

function parse(line: string): Entry & Incarnation {
  return JSON.parse(line.slice(0, line.lastIndexOf("/"))) as Entry & Incarnation;
}

function path({ netns, what }: Place, owner?: string): string {
  return [`${namespace(netns)}${digest(what)}`, ...(owner === undefined ? [] : [digest(owner)])].join("-");
}

/** The beginning of the paths of a namespace's entries. No namespace is called "@", and no name contains ":". */
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
