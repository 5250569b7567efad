import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { withLock } from "../host/lock";
import { addShare, type Entry, eraseShare, isShareVoid, type Place, readShares } from "./ledger";
import { stackOf } from "./ownership";

/** A setting that always has a value. Stacks can share it if they agree on the value. */
export interface Setting {
  readonly place: Place;
  read(): Promise<string | undefined>;
  write(value: string): Promise<unknown>;
}

/** An owner, its former name if it was renamed, and the value before it first held the setting. */
interface Holder {
  readonly owner: string;
  readonly former?: string | undefined;
  readonly previous?: string | undefined;
}

/** Throws if another stack holds the setting with another value. */
export function requireAgreement(holders: readonly Entry[], owner: string, value: string): void {
  // In the same stack it is a resource that was renamed and is about to be deleted.
  const other = holders.find((each) => stackOf(each.owner) !== stackOf(owner) && each.value !== value);
  if (!other) return;
  const hint = "two stacks share a setting if they agree on its value";
  throw new LocalnetError("LN_EXISTS", `${other.owner} has set it to ${other.value}`, { hint });
}

/** Sets a value, and returns the one before the first holder. */
export function holdSetting(
  host: Host,
  { place, read, write }: Setting,
  { owner, former = owner, previous }: Holder,
  value: string,
): Promise<string> {
  return withLock(host, place, async () => {
    const [now, holders] = await Promise.all([read(), readShares(host, place)]);
    requireAgreement(holders, former, value);
    // The first holder recorded the value before it.
    const known = (await isShareVoid(host, place, former)) ? undefined : previous;
    const before = String(holders[0]?.before ?? known ?? now ?? value);
    const ours = holders.find((each) => each.owner === owner);
    if (ours?.value !== value) await addShare(host, place, { owner, before, value });
    try {
      if (now !== value) await write(value);
    } catch (error) {
      const changed = (await read()) !== now;
      if (!changed) await (ours ? addShare(host, place, ours) : eraseShare(host, place, owner));
      throw error;
    }
    if (former !== owner) await eraseShare(host, place, former);
    return before;
  });
}

/** The value before the first holder; undefined: it is not known. */
export async function recallSetting(host: Host, place: Place, owner: string): Promise<string | undefined> {
  const ours = (await readShares(host, place)).find((each) => each.owner === owner);
  return ours?.before === undefined ? undefined : String(ours.before);
}

/** Gives up a setting. The last holder restores the value before the first one, if it is known. */
export function releaseSetting(
  host: Host,
  { place, read, write }: Setting,
  owner: string,
  previous: string | undefined,
): Promise<void> {
  return withLock(host, place, async () => {
    const isOfAnother = await isShareVoid(host, place, owner);
    await eraseShare(host, place, owner);
    if (previous === undefined || isOfAnother || (await readShares(host, place)).length > 0) return;
    if ((await read()) !== previous) await write(previous);
  });
}
