import { LocalnetError, undefinedWithoutNetns } from "../errors";
import { type Host, withReadCache } from "../host";
import { type Failure, hasUnknown, type Values } from "./check";
import type { AnyKind } from "./kind";
import { stackOf } from "./ownership";

// What one object in a namespace can have alone, beside its name: a port, or the number of a network.

/** What an object has in a namespace, alone or with those of its like. */
export interface Holding {
  /** The input that asks for it. */
  readonly property: string;
  /** In the words of an error: "UDP port 4789". */
  readonly what: string;
  /** Those that say the same here can have it together. Default: nobody. */
  readonly sharing?: string;
}

/** Who has something in a namespace. */
export interface Holder extends Omit<Holding, "property"> {
  /** In the words of an error: "link vxlan0". */
  readonly who: string;
  /** The mark that it carries; "": none. */
  readonly owner: string;
  /** The name of a link: the one that asks is itself not in its own way. */
  readonly name?: string;
}

/** How a kind tells of what its objects have. */
export interface Holds<A> {
  /** The inputs that tell: where one is not known yet, nothing is. */
  readonly inputs: readonly string[];
  readonly namespace: (args: A) => string | undefined;
  readonly of: (args: A) => readonly Holding[];
  /** Who has such things there already. Changes nothing. */
  seen(host: Host, netns: string | undefined, owner: string): Promise<readonly Holder[]>;
}

interface Asked {
  readonly place: string;
  readonly owner: string;
  readonly holdings: readonly Holding[];
}

/** What this run's program asks for, as far as the engine has checked it. */
export const asked = new Map<string, Asked>();

/** What the inputs ask for and another resource of the program does too, or somebody else has. `url`: the host's. */
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
  const mine: Asked = { place, owner, holdings: holds.of(inputs) };
  const key = `${kind.type} ${owner}`;
  asked.set(key, mine);
  for (const [other, { holdings, place: there, owner: who }] of asked) {
    if (other === key || there !== place) continue;
    const failure = collision(mine.holdings, holdings, `another resource of the program, ${who}, asks for`);
    if (failure) return failure;
  }
  if (!host) return undefined;
  const where = netns === undefined ? `of ${url ?? "this machine"}` : `in the namespace ${netns}`;
  for (const holder of await seen(() => holds.seen(host, netns, owner))) {
    // What is this stack's own may be about to go.
    const isItself = holder.name !== undefined && holder.name === inputs.name;
    const isOwn = isItself || stackOf(holder.owner) === stackOf(owner);
    const failure = isOwn ? undefined : collision(mine.holdings, [holder], `${holder.who} ${where} has`);
    if (failure) return failure;
  }
  return undefined;
}

/** What cannot be looked at is told when the object is made. */
async function seen(look: () => Promise<readonly Holder[]>): Promise<readonly Holder[]> {
  try {
    return (await undefinedWithoutNetns(() => withReadCache(look))) ?? [];
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
