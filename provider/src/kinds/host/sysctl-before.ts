import { type Entry, type Place, readShares } from "../../core/ledger";
import type { Host } from "../../host";
import { linkIncarnation } from "../../tools/ip/links";
import { findUsers } from "./setting-users";
import { findLoss } from "./sysctl-advice";
import { exceptions } from "./sysctl-family";
import { leaderOf, linkOf, variableOf } from "./sysctl-names";

/** What there was before the first of those that share a setting. */
interface Before {
  readonly value: string;
  /** Settings of links that were otherwise, and that the kernel has changed too. */
  readonly links?: Record<string, string>;
  /** What an operation that did not end still has to put back. */
  readonly undo?: Record<string, string> | undefined;
  /** Others that may have needed it by then. */
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

/** The value of a link's setting before the first write; one that is not as that write left it was set by somebody since. */
export function followerBefore({ links }: Before, now: string) {
  return (key: string, existing: string | undefined) => (existing === now ? links?.[key] : existing);
}

/** What a resource has asked for; undefined: none did. */
export async function requestedValue(host: Host, netns: string | undefined, key: string): Promise<string | undefined> {
  const [holder] = await readShares(host, placeOf(variableOf(key), netns));
  return holder?.value as string | undefined;
}

/** The entry of the setting that this one follows, if a resource changed that. */
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

/** Whoever came first saw what was there before, but for what another resource had changed by then. */
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

/** Why a setting is not put back. */
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
  return users.length > 0 ? `${users.join(", ")} came since, and may need it` : undefined;
}
