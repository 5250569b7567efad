import { type Entry, type Place, readShares } from "../../core/ledger";
import type { Host } from "../../host";
import { linkIncarnation } from "../../tools/ip/links";
import { findUsers } from "./setting-users";
import { findLoss } from "./sysctl-advice";
import { exceptions } from "./sysctl-family";
import { leaderOf, linkOf, variableOf } from "./sysctl-names";

/** The state before the first of the resources that share a setting. */
interface Before {
  readonly value: string;
  /** Settings of links that had other values, and that the kernel has changed too. */
  readonly links?: Record<string, string>;
  /** What an unfinished operation still has to restore. */
  readonly undo?: Record<string, string> | undefined;
  /** Other programs that may have needed the setting even then. */
  readonly users?: readonly string[];
}

export function placeOf(variable: string, netns: string | undefined): Place {
  const link = linkOf(variable);
  const incarnation = link === undefined ? undefined : (host: Host) => linkIncarnation(host, netns, link);
  return { netns, what: `Sysctl ${variable}`, incarnation };
}

export function beforeOf({ before }: Entry): Before {
  return typeof before === "object" && before !== null ? (before as Before) : { value: String(before) };
}

/** The value of a link's setting before the first write. If it is not the value of that write, somebody has set it since. */
export function followerBefore({ links }: Before, now: string) {
  return (key: string, existing: string | undefined) => (existing === now ? links?.[key] : existing);
}

/** The value that a resource wants; undefined: no resource does. */
export async function requestedValue(host: Host, netns: string | undefined, key: string): Promise<string | undefined> {
  const [holder] = await readShares(host, placeOf(variableOf(key), netns));
  return holder?.value as string | undefined;
}

/** The entry of the setting that this one follows, if a resource changed that setting. */
async function leadersEntry(host: Host, netns: string | undefined, variable: string): Promise<Entry | undefined> {
  const leader = leaderOf(variable);
  const [entry] = leader ? await readShares(host, placeOf(leader, netns)) : [];
  return entry && beforeOf(entry).value !== entry.value ? entry : undefined;
}

export async function leadersValue(
  host: Host,
  netns: string | undefined,
  variable: string,
): Promise<string | undefined> {
  return (await leadersEntry(host, netns, variable))?.value as string | undefined;
}

/** The value before the first resource, without changes by resources of other settings. */
export async function valueBefore(
  host: Host,
  netns: string | undefined,
  variable: string,
  now: string,
  [first]: readonly Entry[],
  recorded: string | undefined,
  family: ReadonlyMap<string, string>,
): Promise<Before> {
  if (first) return beforeOf(first);
  if (recorded !== undefined) return { value: recorded };
  const leader = await leadersEntry(host, netns, variable);
  if (leader) {
    const { value: theirs, links } = beforeOf(leader);
    return { value: links?.[variable] ?? theirs };
  }
  const [links, users] = await Promise.all([
    exceptions(variable, now, family, async (key) => {
      const [holder] = await readShares(host, placeOf(key, netns));
      return holder && beforeOf(holder).value;
    }),
    findUsers(host, netns, variable),
  ]);
  return { value: now, links, users };
}

/** The reason why a setting is not restored. */
export async function reasonToStay(
  host: Host,
  netns: string | undefined,
  variable: string,
  value: string,
  { users: known = [] }: Before,
): Promise<string | undefined> {
  const loss = await findLoss(host, netns, variable, value);
  if (loss) return loss.summary;
  const users = (await findUsers(host, netns, variable)).filter((each) => !known.includes(each));
  return users.length > 0 ? `${users.join(", ")} appeared since, and may need it` : undefined;
}
