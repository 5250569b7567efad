import { claim, type Entry, eraseClaim, listEntries, type Place, readClaim, replaceClaim } from "../../core/ledger";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import type { LayerName } from "./table-parts";

/** The entries that one command reads, writes or erases on a remote host. */
const most = 500;

/** What a table's parts are called in the ledger: as a resource of their own would be. */
const parts: readonly (readonly [LayerName, RegExp])[] = [
  ["iptables", /^IptablesChain ipv[46]\/(nat|filter)\/KUBE-/],
  ["nftables", /^NftTable ip6?\/kube-proxy(@|$)/],
  ["ipvs", /^(IpSet KUBE-|IpvsService |Dummy kube-ipvs0(@|$))/],
];

/** The layer of what an entry of the ledger names; undefined: it is no part of a table. */
export function layerOf(claim: string): LayerName | undefined {
  return parts.find(([, pattern]) => pattern.test(claim))?.[0];
}

interface Owned {
  readonly owner: string;
  readonly netns?: string | undefined;
}

async function each<T>(places: readonly Place[], body: (place: Place) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 0; index < places.length; index += most)
    results.push(...(await Promise.all(places.slice(index, index + most).map(body))));
  return results;
}

/** The parts that the ledger says are an owner's. */
export async function readClaims(host: Host, { owner, netns }: Owned): Promise<Set<string>> {
  const entries = await listEntries(host);
  const owned = entries.filter((entry) => entry.owner === owner && entry.netns === netns && layerOf(entry.what));
  return new Set(owned.map(({ what }) => what));
}

/** The first of these that the ledger knows; undefined: none. */
export async function firstClaim(host: Host, { netns }: Owned, whats: readonly string[]): Promise<Entry | undefined> {
  return (await each(placesOf(netns, whats), (place) => readClaim(host, place))).find(Boolean);
}

/** Claims parts. Throws, before it claims any, if one that is there is another's. */
export async function claimParts(
  host: Host,
  args: Owned,
  whats: readonly string[],
  isThere: (what: string) => boolean,
  formerOwner: string,
): Promise<void> {
  const { owner, netns } = args;
  const places = placesOf(netns, whats);
  const there = places.filter(({ what }) => isThere(what));
  const entries = await each(there, (place) => readClaim(host, place));
  for (const [index, entry] of entries.entries()) {
    if (entry?.owner === owner || entry?.owner === formerOwner) continue;
    throw takenError(there[index]?.what ?? "", entry?.owner, owner);
  }
  const standing = await each(places, (place) => claim(host, place, owner));
  const others = places.filter((_, index) => (standing[index] as Entry).owner !== owner);
  await each(others, (place) => replaceClaim(host, place, owner));
}

export function takenError(what: string, holder: string | undefined, owner: string): LocalnetError {
  const whose = holder ? `belongs to ${holder}` : "is not ours";
  return new LocalnetError("LN_EXISTS", `${what} exists already and ${whose} (we are ${owner})`, {
    hint: "a network namespace has one table of services, and no VirtualService or KubeProxyNode beside it: delete what is there",
  });
}

export async function eraseClaims(host: Host, { netns }: Owned, whats: readonly string[]): Promise<void> {
  await each(placesOf(netns, whats), (place) => eraseClaim(host, place));
}

function placesOf(netns: string | undefined, whats: readonly string[]): Place[] {
  return whats.map((what) => ({ netns, what }));
}
