import { z } from "zod";
import { addShare, eraseNetns, eraseShare, readShares } from "../../core/ledger";
import { hasCode, LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { pause } from "../../host/interrupt";
import { serialize } from "../../host/lock";
import { netnsFileExists, pathOf } from "../../host/netns";
import { showProgress } from "../../host/operation";
import { ipAll, netnsPids } from "../../tools/ip/batch";
import { aliasArgs, cidrOf, type Link, type LinkAddress, ownerOf, showLink } from "../../tools/ip/links";
import { peerRouteCommands } from "../../tools/ip/peer-routes";

// What Netns and Pod have in common: a named namespace, and whose it is.

interface Namespace {
  readonly name: string;
  readonly owner: string;
}

/** Inputs of what is a namespace. */
export const namespaceArgs = {
  /** Is the namespace's loopback link, `lo`, up? */
  loopback: z.boolean().default(true),
} as const;

/** A namespace that is there, as its loopback tells. */
export async function observeNamespace(host: Host, { name, owner }: Namespace, lo: Link) {
  const isMarked = lo.ifalias !== undefined;
  const isLoopbackUp = lo.flags.includes("UP");
  const isOurs = !isMarked && (await isNoted(host, { name, owner }));
  return {
    owner: isOurs ? owner : ownerOf(lo, owner),
    // One that was made by hand may be adopted as it is. An import asks for it as it is: see `imports`.
    inputs: isMarked ? { loopback: isLoopbackUp } : {},
    outputs: { path: pathOf(name) },
    detail: { isMarked, isLoopbackUp, loopbackAddresses: lo.addr_info },
  };
}

/** Begins to mark a namespace; one that is not there is made by `add`, which runs these commands and what comes with them. */
export function beginNamespace(
  host: Host,
  args: Namespace,
  there: boolean,
  add: (...commands: string[][]) => Promise<unknown> = (...commands) => ipAll(host, undefined, commands),
): Promise<void> {
  return serialize(host, `Netns ${args.name}`, async () => {
    // Of a namespace that somebody has made meanwhile all that is written down is theirs.
    if (!there && !(await netnsFileExists(host, args.name))) await eraseNetns(host, args.name);
    // A namespace has no place for a mark of its own; its loopback has. Before that is set, the ledger tells whose it is.
    const isFirst = await addShare(host, creationEntry(args.name), { owner: args.owner });
    if (!there) await makeNamespace(host, args, add, isFirst);
  });
}

async function makeNamespace(
  host: Host,
  args: Namespace,
  add: Parameters<typeof beginNamespace>[3] & object,
  isFirst: boolean,
): Promise<void> {
  const command = ["netns", "add", args.name];
  try {
    await add(command).catch(async (error) => {
      if (!(await isStale(host, args.name))) throw error;
      await ipAll(host, undefined, [["netns", "del", args.name]]);
      await add(command);
    });
  } catch (error) {
    const isThere = hasCode(error, "LN_COMMAND") && error.command?.stderr?.includes("Cannot create namespace file");
    if (isThere && (await loopback(host, args.name))) {
      // The command of a run that was killed came to its end meanwhile.
      if (!isFirst) return void (await add());
      await endNamespace(host, args);
      throw new LocalnetError("LN_EXISTS", "another made a namespace of this name at the same time", {
        hint: "choose another name, or pass the one resource to both",
      });
    }
    if (!(await loopback(host, args.name))) await removeRest(host, args);
    throw error;
  }
}

/** Milliseconds that `ip` may take between the file of a namespace and what it stands for. */
const creationMilliseconds = 1000;

/** Is there a file of its name alone, which an `ip` that was killed on its way left? One that is on its way goes on. */
async function isStale(host: Host, name: string): Promise<boolean> {
  for (const deadline = Date.now() + creationMilliseconds; Date.now() < deadline; await pause(50)) {
    if ((await loopback(host, name)) !== null) return false;
  }
  return true;
}

/** The kernel gives it to a loopback that comes up, and leaves it there. */
const loopbackAddress = "127.0.0.1/8";

export interface ObservedLoopback {
  readonly isLoopbackUp: boolean;
  readonly loopbackAddresses: readonly LinkAddress[];
}

export const newLoopback: ObservedLoopback = { isLoopbackUp: false, loopbackAddresses: [] };

/** The commands that mark it, and set its loopback up or down. */
export function markNamespace(
  { owner, loopback }: Namespace & { readonly loopback: boolean },
  { isLoopbackUp, loopbackAddresses } = newLoopback,
): string[][] {
  const mark = ["link", "set", "dev", "lo", loopback ? "up" : "down", ...aliasArgs(owner)];
  if (loopback) return [mark, ...(isLoopbackUp ? [] : peerRouteCommands("lo", loopbackAddresses))];
  return hasOwnAddress(loopbackAddresses) ? [mark, ["addr", "del", loopbackAddress, "dev", "lo"]] : [mark];
}

/** Is it up or down as asked for, and then without the address that it had when it was up? */
export function isLoopbackReady(loopback: boolean, { isLoopbackUp, loopbackAddresses }: ObservedLoopback): boolean {
  return isLoopbackUp === loopback && (loopback || !hasOwnAddress(loopbackAddresses));
}

function hasOwnAddress(addresses: readonly LinkAddress[]): boolean {
  return addresses.some((each) => cidrOf(each) === loopbackAddress);
}

/** After that command. */
export async function endNamespace(host: Host, { name, owner }: Namespace): Promise<void> {
  await eraseShare(host, creationEntry(name), owner);
}

/** A run that died after that command leaves the entry that stood for the mark. */
export async function endStaleEntry(host: Host, args: Namespace): Promise<void> {
  if (await isNoted(host, args)) await endNamespace(host, args);
}

/** Does the ledger say that it is ours, though it has no mark? */
async function isNoted(host: Host, { name, owner }: Namespace): Promise<boolean> {
  return (await readShares(host, creationEntry(name))).some((entry) => entry.owner === owner);
}

/** The same after a failure, where nobody knows whether that command was run. What has just been made without it goes again. */
export async function abandonNamespace(host: Host, args: Namespace, isNew = false): Promise<void> {
  const lo = await loopback(host, args.name).catch(() => undefined);
  if (!lo) return;
  if (lo.ifalias === undefined) {
    // The entry says whose it is.
    if (!isNew || !(await isNoted(host, args))) return;
    await ipAll(host, undefined, [["netns", "del", args.name]]);
  }
  await endNamespace(host, args);
}

/** A Process in it that is deleted at the same time takes up to 10 by default, beside its looks. */
const patienceSeconds = 20;

export async function removeNamespace(host: Host, { name }: Namespace): Promise<void> {
  // The kernel keeps a namespace, hidden and with all its links, for as long as a process is in it. One that only
  // looks, or takes away what is in there, is about to end.
  const deadline = Date.now() + patienceSeconds * 1000;
  let pids = await netnsPids(host, name);
  while (pids.length > 0 && Date.now() < deadline) {
    showProgress(`waiting for processes in it to end: ${pids.join(", ")}`);
    await pause(200);
    pids = await netnsPids(host, name);
  }
  if (pids.length) {
    throw new LocalnetError("LN_BUSY", `processes are still in this namespace: ${pids.join(", ")}`, {
      hint: "end them first",
    });
  }
  await ipAll(host, undefined, [["netns", "del", name]]);
}

/** In another's namespace of that name there may be what others have written down. */
export function isOursToCleanUp(args: Namespace & { readonly imported?: boolean }, owner: string | undefined): boolean {
  return owner === undefined || owner === args.owner || args.imported === true;
}

/** Takes away what is left of one that is gone; `owner` is whose there was in its place. */
export async function cleanUpNamespace(
  host: Host,
  args: Namespace & { readonly imported?: boolean },
  owner: string | undefined,
): Promise<void> {
  const ours = isOursToCleanUp(args, owner);
  await Promise.all([
    owner === undefined ? removeRest(host, args) : endNamespace(host, args),
    ours && eraseNetns(host, args.name),
  ]);
}

/** Undefined: there is no such namespace; null: there is a file of its name, which an ip that was killed on its way left. */
export function loopback(host: Host, name: string): Promise<Link | undefined | null> {
  return undefinedIfStale(() => showLink(host, name, "lo"));
}

/** What is seen in a namespace; undefined and null as for `loopback`. */
export async function undefinedIfStale<T>(body: () => Promise<T>): Promise<T | undefined | null> {
  try {
    return await body();
  } catch (error) {
    if (!hasCode(error, "LN_NETNS")) throw error;
    return error.command?.stderr?.includes("failed: Invalid argument") ? null : undefined;
  }
}

async function removeRest(host: Host, args: Namespace): Promise<void> {
  const { name } = args;
  await endNamespace(host, args);
  if ((await netnsFileExists(host, name)) && (await isStale(host, name)))
    await ipAll(host, undefined, [["netns", "del", name]]);
}

export function creationEntry(name: string) {
  return { netns: undefined, what: `Netns ${name}` };
}
