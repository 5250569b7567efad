import { z } from "zod";
import { addShare, eraseNetns, eraseShare, readShares } from "../../core/ledger";
import { hasCode, LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { pause } from "../../host/interrupt";
import { serialize } from "../../host/lock";
import { netnsFileExists, pathOf } from "../../host/netns";
import { showProgress } from "../../host/operation";
import { ipAll, netnsPids } from "../../tools/ip/batch";
import { type Link, ownerOf, showLink } from "../../tools/ip/links";

// The common part of Netns and Pod: a named namespace and its owner.

interface Namespace {
  readonly name: string;
  readonly owner: string;
}

/** Inputs of kinds that make a namespace. */
export const namespaceArgs = {
  /** Is the namespace's loopback link, `lo`, up? */
  loopback: z.boolean().default(true),
} as const;

/** An existing namespace, as its loopback link shows it. */
export async function observeNamespace(host: Host, { name, owner }: Namespace, lo: Link) {
  const isMarked = lo.ifalias !== undefined;
  const isLoopbackUp = lo.flags.includes("UP");
  const isOurs = !isMarked && (await isNoted(host, { name, owner }));
  return {
    owner: isOurs ? owner : ownerOf(lo, owner),
    // A namespace that was made by hand has no wanted `loopback`, so it can be adopted as it is. For an import, see
    // `imports`.
    inputs: isMarked ? { loopback: isLoopbackUp } : {},
    outputs: { path: pathOf(name) },
    detail: { isMarked, isLoopbackUp, loopbackAddresses: lo.addr_info },
  };
}

/** Begins to mark a namespace. If it does not exist, `add` makes it: it runs the given commands, and its own. */
export function beginNamespace(
  host: Host,
  args: Namespace,
  there: boolean,
  add: (...commands: string[][]) => Promise<unknown> = (...commands) => ipAll(host, undefined, commands),
): Promise<void> {
  return serialize(host, `Netns ${args.name}`, async () => {
    // Entries for a namespace that does not exist are void.
    if (!there && !(await netnsFileExists(host, args.name))) await eraseNetns(host, args.name);
    // A namespace cannot carry a mark; its loopback link can. Until it has one, the ledger shows the owner.
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
      // The command of a killed run has finished in the meantime.
      if (!isFirst) return void (await add());
      await endNamespace(host, args);
      throw new LocalnetError("LN_EXISTS", "another program made a namespace with this name at the same time", {
        hint: "choose another name, or use one resource for both",
      });
    }
    if (!(await loopback(host, args.name))) await removeRest(host, args);
    throw error;
  }
}

/** Most milliseconds that `ip` takes from making the file of a namespace until the file is mounted. */
const creationMilliseconds = 1000;

/** Did a killed `ip` leave only the file? Waits, because an `ip` that is still running will finish. */
async function isStale(host: Host, name: string): Promise<boolean> {
  for (const deadline = Date.now() + creationMilliseconds; Date.now() < deadline; await pause(50)) {
    if ((await loopback(host, name)) !== null) return false;
  }
  return true;
}

/** Erases the entry that was needed until the mark existed. */
export async function endNamespace(host: Host, { name, owner }: Namespace): Promise<void> {
  await eraseShare(host, creationEntry(name), owner);
}

/** Erases the entry if a run died after it set the mark. */
export async function endStaleEntry(host: Host, args: Namespace): Promise<void> {
  if (await isNoted(host, args)) await endNamespace(host, args);
}

/** Does the ledger say that it is ours, although it may have no mark? */
async function isNoted(host: Host, { name, owner }: Namespace): Promise<boolean> {
  return (await readShares(host, creationEntry(name))).some((entry) => entry.owner === owner);
}

/** Cleans up after a failure that may have come before or after the mark. A new namespace without a mark is removed. */
export async function abandonNamespace(host: Host, args: Namespace, isNew = false): Promise<void> {
  const lo = await loopback(host, args.name).catch(() => undefined);
  if (!lo) return;
  if (lo.ifalias === undefined) {
    // The entry shows that it is ours.
    if (!isNew || !(await isNoted(host, args))) return;
    await ipAll(host, undefined, [["netns", "del", args.name]]);
  }
  await endNamespace(host, args);
}

/** A Process in it may be deleted at the same time, which takes up to 10 seconds by default. */
const patienceSeconds = 20;

export async function removeNamespace(host: Host, { name }: Namespace): Promise<void> {
  // While a process is in a namespace, the kernel keeps it, hidden and with all its links. A process that only reads it or
  // removes something ends soon.
  const deadline = Date.now() + patienceSeconds * 1000;
  let pids = await netnsPids(host, name);
  while (pids.length > 0 && Date.now() < deadline) {
    showProgress(`waiting for processes in it to end: ${pids.join(", ")}`);
    await pause(200);
    pids = await netnsPids(host, name);
  }
  if (pids.length) {
    throw new LocalnetError("LN_BUSY", `processes still run in this namespace: ${pids.join(", ")}`, {
      hint: "end them first",
    });
  }
  await ipAll(host, undefined, [["netns", "del", name]]);
}

/** May we remove what belongs to the namespace? If another owner's has its name, that may be theirs. */
export function isOursToCleanUp(args: Namespace & { readonly imported?: boolean }, owner: string | undefined): boolean {
  return owner === undefined || owner === args.owner || args.imported === true;
}

/** Removes what is left of a namespace that is gone. `owner`: the owner of another one with its name. */
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

/** The loopback link of a namespace. Undefined: there is no such namespace; null: a killed `ip` left only its file. */
export function loopback(host: Host, name: string): Promise<Link | undefined | null> {
  return undefinedIfStale(() => showLink(host, name, "lo"));
}

/** The result of reading a namespace; undefined and null as for `loopback`. */
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
