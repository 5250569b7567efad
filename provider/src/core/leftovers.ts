import pLimit from "p-limit";
import { hasCode, LocalnetError } from "../errors";
import { type Host, type HostSettings, openHost, withReadCache } from "../host";
import { check, type Values } from "./check";
import { toJsonValues } from "./compare";
import { identity, located } from "./import";
import type { AnyKind } from "./kind";
import { type Entry, listEntries, type Place } from "./ledger";
import { open, remove } from "./lifecycle";
import { isForeign, observeOwned, stackOf } from "./ownership";
import { survey } from "./survey";

/** An object of a stack whose state is lost, or an entry of the ledger without an object. */
export interface Leftover {
  readonly kind: AnyKind;
  readonly id: string;
  readonly owner: string;
  readonly netns: string | undefined;
  /** What the state would have. */
  readonly recorded: Values;
  /** There is only an entry in the ledger. */
  readonly isGone: boolean;
  /** Unmarked objects inside it, which go with it. */
  readonly along: readonly string[];
  /** Why it cannot be removed. */
  readonly reason?: string | undefined;
}

interface Named {
  readonly kind: AnyKind;
  readonly args: Values;
  readonly id: string;
  /** The entry names only an owner: it belongs to the object with that owner's mark. */
  readonly isByOwner?: boolean;
}

/** An object or entry that does not belong to the stack. */
interface Other {
  readonly netns: string | undefined;
  readonly what: string;
  readonly owner: string;
}

/** Objects that are observed or removed at a time. */
const concurrency = 8;

/** All objects of a stack, by the marks and the ledger of a host, in an order in which they can be removed. Changes nothing. */
export async function findLeftovers(
  kinds: readonly AnyKind[],
  stack: string,
  settings: HostSettings,
): Promise<{ leftovers: Leftover[]; stacks: string[] }> {
  const host = openHost(undefined, settings);
  return withReadCache(async () => {
    const [objects, entries] = await Promise.all([survey(kinds, settings), listEntries(host)]);
    const kindOf = (type: string) => kinds.find((kind) => kind.type === type);
    const isOurs = ({ owner }: { owner: string }) => stackOf(owner) === stack;
    const marked = objects.filter(isOurs).flatMap(({ type, id, owner }) => namedById(kindOf(type), id, owner));
    const noted = entries
      .filter(isOurs)
      .flatMap((each) => namedByEntry(kindOf(each.what.split(" ", 1)[0] ?? ""), each));
    const isKnown = ({ kind, args, isByOwner }: Named) =>
      isByOwner && marked.some((each) => each.kind === kind && each.args.owner === args.owner);
    const named = [...marked, ...noted.filter((each) => !isKnown(each))];
    const others = [
      ...objects.map(({ type, id, owner, netns }) => ({ what: `${type} ${id}`, owner, netns })),
      ...entries.map(({ what, owner, netns }) => ({ what, owner, netns })),
    ].filter((each) => !isOurs(each));
    const limit = pLimit(concurrency);
    const all = await Promise.all(named.map((each) => limit(() => findOne(each, settings, others))));
    const leftovers = [...new Map(all.map((each) => [`${each.kind.type} ${each.id}`, each])).values()];
    const stacks = [...objects, ...entries].flatMap(({ owner }) => (owner === "" ? [] : stackOf(owner)));
    return { leftovers: inOrder(kinds, leftovers), stacks: [...new Set(stacks)].sort() };
  });
}

/** Removes leftovers; returns for each one that stays the reason. */
export async function removeLeftovers(
  leftovers: readonly Leftover[],
  settings: HostSettings,
): Promise<{ readonly leftover: Leftover; readonly reason?: string | undefined }[]> {
  const reasons = new Map(leftovers.map((each) => [each, each.reason]));
  const limit = pLimit(concurrency);
  const attempt = async (each: Leftover) =>
    reasons.set(each, await limit(() => failure(() => remove(each.kind, each.id, each.recorded, settings))));
  const kinds = [...new Set(leftovers.map(({ kind }) => kind))];
  // The second pass removes what something later in the order was still using.
  for (const again of [false, true]) {
    for (const kind of kinds) {
      const due = leftovers.filter((each) => each.kind === kind && !each.reason && (!again || reasons.get(each)));
      await Promise.all(due.map(attempt));
    }
  }
  return leftovers.map((leftover) => ({ leftover, reason: reasons.get(leftover) }));
}

function namedById(kind: AnyKind | undefined, id: string, owner: string): Named[] {
  return kind ? [{ kind, id, args: identity(kind, id, owner) }] : [];
}

/** The object of an entry. Only root writes the ledger, but what an entry names is checked like any id. */
function namedByEntry(kind: AnyKind | undefined, { what, owner, netns }: Entry & Place): Named[] {
  if (!kind) return [];
  const words = what.slice(kind.type.length + 1);
  const parsed = kind.noted?.parse?.(words, netns);
  const args = parsed ? check(kind, { ...parsed, owner }).inputs : identity(kind, words, owner);
  return [
    { kind, id: kind.id(args), args, isByOwner: Boolean(parsed && Object.keys(parsed).length === 1 && parsed.owner) },
  ];
}

async function findOne(
  { kind, id, args: named }: Named,
  settings: HostSettings,
  others: readonly Other[],
): Promise<Leftover> {
  const owner = String(named.owner);
  let recorded = named;
  let isGone = false;
  const reason = await failure(async () => {
    const host = await open(kind, named, settings);
    const args = await locate(kind, host, named, id);
    // Without a record, as after a run that died before it wrote one.
    const observed = await observeOwned(kind, host, args);
    isGone = !observed || isForeign(args, observed);
    const current = isGone ? {} : { ...observed?.inputs, ...observed?.outputs };
    recorded = toJsonValues({ ...args, ...current, ...(await kind.noted?.recall?.(host, args)), owner });
  });
  const netns = kind.namespace ? kind.namespace(recorded) : (recorded.netns as string | undefined);
  const contents = (kind.tags ?? []).includes("netns") ? others.filter((each) => each.netns === recorded.name) : [];
  const stays = contents.find((each) => each.owner !== "");
  return {
    ...{ kind, id: kind.id(recorded), owner, netns, recorded, isGone },
    along: contents.flatMap(({ what, owner: whose }) => (whose === "" ? what : [])),
    reason: reason ?? (stays && `${stays.what} of ${stays.owner} is in it`),
  };
}

async function locate(kind: AnyKind, host: Host, args: Values, id: string): Promise<Values> {
  try {
    return (await located(kind, host, args, id)) ?? args;
  } catch (error) {
    // No inputs can express all of it, but its name is enough to remove it.
    if (hasCode(error, "LN_INPUT")) return args;
    throw error;
  }
}

/** What is in namespaces comes before what is on the host, and the last kinds come first, because they depend on the others. */
function inOrder(kinds: readonly AnyKind[], leftovers: readonly Leftover[]): Leftover[] {
  const isHosts = ({ kind }: Leftover) => Number(!("netns" in kind.args.shape || kind.namespace));
  return leftovers.toSorted((a, b) => isHosts(a) - isHosts(b) || kinds.indexOf(b.kind) - kinds.indexOf(a.kind));
}

async function failure(body: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await body();
    return undefined;
  } catch (error) {
    if (!(error instanceof LocalnetError)) throw error;
    return `${error.summary} [${error.code}]`;
  }
}
