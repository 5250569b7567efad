import { setTimeout as sleep } from "node:timers/promises";
import { LocalnetError, undefinedWithoutNetns } from "../errors";
import type { Host } from "../host";
import type { Values } from "./check";
import { describe, differences, observedInputs } from "./compare";
import type { AnyKind, Observed } from "./kind";
import { claim, eraseClaim, type Place, readClaim, replaceClaim } from "./ledger";

// Who owns an object: its mark says it, or its entry in the ledger if the kernel keeps no mark.

/** Observes an object, with its owner from the ledger if it has no mark. Without an entry the recorded owner counts; an imported object has none. */
export async function observeOwned(
  kind: AnyKind,
  host: Host,
  args: Values,
  recorded?: Values,
): Promise<Observed | undefined> {
  const observed = await observe(kind, host, args, recorded);
  if (observed?.owner !== null) return observed;
  const entry = await readClaim(host, placeOf(kind, args));
  return { ...observed, owner: entry?.owner ?? (recorded && !recorded.imported ? null : "") };
}

/** Observes an object. In a namespace that does not exist, it is absent. */
export function observe(kind: AnyKind, host: Host, args: Values, recorded?: Values): Promise<Observed | undefined> {
  return undefinedWithoutNetns<Observed | undefined>(() => kind.observe(host, args, recorded));
}

/** Does it belong to somebody else? What was imported belongs to nobody before its first update. */
export function isForeign(args: Values, { owner }: Observed): boolean {
  return typeof owner === "string" && owner !== args.owner && !(args.imported && owner === "");
}

/** Did this resource make it, even if the run died before it recorded that? */
export function isOurs(args: Values, { owner }: Observed): boolean {
  return owner === args.owner;
}

/** After a failure, is the object ours? One without a mark is claimed before; one that nobody can own is ours if we changed it. */
export function isOursAfterFailure(args: Values, { owner }: Observed, changed: boolean): boolean {
  return typeof owner === "string" ? owner === args.owner : owner === null || changed;
}

/** Throws unless `adopt` allows to take over an object that this resource did not make, and the object is what is asked for. */
export function requireAdoptable(kind: AnyKind, args: Values, observed: Observed): void {
  if (observed.owner === undefined || isOurs(args, observed)) return;
  const { owner } = observed;
  const isOtherStacks = typeof owner === "string" && owner !== "" && stackOf(owner) !== stackOf(String(args.owner));
  if (!args.adopt || observed.otherKind || isOtherStacks) throw existsError(args, observed, isOtherStacks);
  const wrong = differences(kind.args, args, observedInputs(kind.args, args, observed.inputs));
  if (wrong.length) {
    const hint = "change the object or the program so that they agree";
    throw new LocalnetError("LN_ADOPT", `it is not what is asked for: ${wrong.map(describe).join("; ")}`, { hint });
  }
}

/** Project and stack: every mark of a program begins with them. */
export function stackOf(owner: string): string {
  return owner.split("/", 2).join("/");
}

export function existsError(
  args: Values,
  { owner, otherKind }: Pick<Observed, "owner" | "otherKind">,
  isOtherStacks = false,
): LocalnetError {
  const whose = owner ? `belongs to ${owner}` : "is not ours";
  const cure = otherKind || isOtherStacks ? "choose another name" : "choose another name, or set adopt: true";
  const hint = otherKind ? cure : `delete it, ${cure}`;
  // Another resource of this program may be about to give up the name, as when two swap their names. What is of another kind
  // does not say whose it is.
  const mayPass = otherKind || (Boolean(owner) && stackOf(String(owner)) === stackOf(String(args.owner)));
  return new LocalnetError("LN_EXISTS", `it exists already and ${whose} (we are ${args.owner})`, { hint, mayPass });
}

/** Milliseconds that another program may take from the entry in the ledger to the object itself. */
const creationMilliseconds = 1000;
const pollMilliseconds = 100;

/**
 * Writes the owner of an unmarked object into the ledger. `observed`: the existing object, which may be ours. Returns whether
 * the ledger named this owner before.
 */
export async function claimObject(
  kind: AnyKind,
  host: Host,
  args: Values,
  observed: Observed | undefined,
  former = args.owner,
): Promise<boolean> {
  const [place, owner] = [placeOf(kind, args), args.owner as string];
  const entry = await claim(host, place, owner);
  if (entry.owner === owner) return !entry.isNew;
  const isReplaceable = observed ? [former, observed.owner].includes(entry.owner) : entry.owner === former;
  if (!isReplaceable && (observed || !(await isVoid(kind, host, args)))) throw existsError(args, entry, true);
  await replaceClaim(host, place, owner);
  return false;
}

/** Is the entry without an object? Waits, since another program may be about to make it. */
async function isVoid(kind: AnyKind, host: Host, args: Values): Promise<boolean> {
  for (const deadline = Date.now() + creationMilliseconds; Date.now() < deadline; await sleep(pollMilliseconds)) {
    if (await observe(kind, host, args)) return false;
  }
  return true;
}

/** Gives up our claim on an object. An imported object may have another owner's. */
export async function releaseObject(kind: AnyKind, host: Host, recorded: Values): Promise<void> {
  const place = placeOf(kind, recorded);
  const entry = recorded.imported ? await readClaim(host, place) : undefined;
  if (!entry || entry.owner === recorded.owner) await eraseClaim(host, place);
}

/** The object's place in the ledger. */
function placeOf(kind: AnyKind, args: Values): Place {
  const netns = kind.namespace ? kind.namespace(args) : (args.netns as string | undefined);
  return { netns, what: `${kind.type} ${kind.id(args)}` };
}
