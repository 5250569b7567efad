import { LocalnetError, undefinedWithoutNetns } from "../errors";
import { type Host, withReadCache } from "../host";
import { type Failure, hasUnknown, type Values } from "./check";
import type { AnyKind } from "./kind";
import { stackOf } from "./ownership";

// What only one object in a namespace can have, beside its name: a port, or the number of a network.

/** What an object has in a namespace, alone or together with objects that agree. */
export interface Holding {
  /** The input that asks for it. */
  readonly property: string;
  /** In the words of an error: "UDP port 4789". */
  readonly what: string;
  /** Objects with the same text here can have it together. Default: no others. */
  readonly sharing?: string;
}

/** Who has something in a namespace. */
export interface Holder extends Omit<Holding, "property"> {
  /** In the words of an error: "link vxlan0". */
  readonly who: string;
  /** The mark that it carries; "": none. */
  readonly owner: string;
  /** The name of a link: a resource does not conflict with its own link. */
  readonly name?: string;
}

/** How a kind says what its objects have. */
export interface Holds<A> {
  /** The inputs that decide it. While one is not known yet, nothing is checked. */
  readonly inputs: readonly string[];
  readonly namespace: (args: A) => string | undefined;
  readonly of: (args: A) => readonly Holding[];
  /** Who has such things in the namespace already. Changes nothing. */
  holders(host: Host, netns: string | undefined, owner: string): Promise<readonly Holder[]>;
}

interface HoldingRequest {
  readonly place: string;
  readonly owner: string;
  readonly holdings: readonly Holding[];
}

/** What this run's program asks for, of the resources that the engine has checked so far. */
export const requestedHoldings = new Map<string, HoldingRequest>();

/** The failure if another resource of the program asks for the same, or somebody else has it already. `url`: the host's. */
export async function conflictOf(
  kind: AnyKind,
  inputs: Values,
  url: string | undefined,
  host: Host | undefined,
): Promise<Failure | undefined> {
  const { holds } = kind;
  if (!holds || holds.inputs.some((key) => hasUnknown(inputs[key]))) return undefined;
  const netns = holds.namespace(inputs);
  const owner = String(inputs.owner);
  const place = `${url ?? ""} ${netns ?? ""}`;
  const mine: HoldingRequest = { place, owner, holdings: holds.of(inputs) };
  const key = `${kind.type} ${owner}`;
  requestedHoldings.set(key, mine);
  for (const [other, { holdings, place: there, owner: who }] of requestedHoldings) {
    if (other === key || there !== place) continue;
    const failure = collision(mine.holdings, holdings, `another resource of the program, ${who}, asks for`);
    if (failure) return failure;
  }
  if (!host) return undefined;
  const where = netns === undefined ? `of ${url ?? "this machine"}` : `in the namespace ${netns}`;
  for (const holder of await listIfPossible(() => holds.holders(host, netns, owner))) {
    // What this stack has may be about to be deleted.
    const isItself = holder.name !== undefined && holder.name === inputs.name;
    const isOurs = isItself || stackOf(holder.owner) === stackOf(owner);
    const failure = isOurs ? undefined : collision(mine.holdings, [holder], `${holder.who} ${where} has`);
    if (failure) return failure;
  }
  return undefined;
}

/** What cannot be read here fails when the object is made. */
async function listIfPossible(list: () => Promise<readonly Holder[]>): Promise<readonly Holder[]> {
  try {
    return (await undefinedWithoutNetns(() => withReadCache(list))) ?? [];
  } catch (error) {
    if (error instanceof LocalnetError) return [];
    throw error;
  }
}

function collision(
  wanted: readonly Holding[],
  others: readonly Omit<Holding, "property">[],
  who: string,
): Failure | undefined {
  const taken = wanted.find(({ what, sharing }) =>
    others.some((each) => each.what === what && (sharing === undefined || sharing !== each.sharing)),
  );
  return taken && { property: taken.property, reason: `${taken.property}: must be another: ${who} ${taken.what}` };
}
