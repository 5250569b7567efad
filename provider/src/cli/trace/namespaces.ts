import { LocalnetError } from "../../errors";
import { type Host, withReadCache } from "../../host";
import { netnsNumbers, showPeer } from "../../tools/ip/link-peers";
import { type Link, showLinks } from "../../tools/ip/links";
import type { Watched } from "../../tools/nft-trace";
import type { End, Place } from "./way";

/** Namespaces that are watched at the same time, each by a process. */
const maxWatched = 40;

export interface Places {
  readonly watched: Watched[];
  /** How many are not watched. */
  readonly unwatched: number;
  /** All addresses of the host that are visible. */
  readonly addresses: readonly string[];
}

interface WithLinks {
  readonly netns: string | undefined;
  readonly links: readonly Link[];
}

/**
 * The namespaces to watch: all that links connect, directly or not, to the given ones. If there are too many, the given ones
 * come first, then those with one of the addresses, then those with several links.
 */
export async function placesFor(
  host: Host,
  from: readonly (string | undefined)[],
  addresses: readonly string[],
): Promise<Places> {
  const rank = ({ netns, links }: WithLinks) => {
    if (netns === undefined || from[0] === netns) return 0;
    const has = links.some(({ addr_info }) => addr_info.some(({ local = "" }) => addresses.includes(local)));
    return has ? 1 : links.length > 2 ? 2 : 3;
  };
  const reached = await withReadCache(() => reachable(host, from));
  const ranked = reached.toSorted((a, b) => rank(a) - rank(b));
  const watched = ranked
    .slice(0, maxWatched)
    .map(({ netns, links }) => ({ netns, links: links.map(({ ifname }) => ifname) }));
  const all = reached.flatMap(({ links }) =>
    links.flatMap(({ addr_info }) => addr_info.flatMap(({ local }) => local ?? [])),
  );
  return { watched, addresses: all, unwatched: ranked.length - watched.length };
}

async function reachable(host: Host, from: readonly (string | undefined)[]): Promise<WithLinks[]> {
  const reached = new Map<string | undefined, WithLinks>();
  for (let next = [...from]; next.length > 0; ) {
    const places = await Promise.all(next.map(async (netns) => ({ netns, links: await linksIn(host, netns) })));
    for (const place of places) reached.set(place.netns, place);
    const far = (await Promise.all(places.map((place) => neighboursOf(host, place)))).flat();
    next = [...new Set(far)].filter((netns) => !reached.has(netns));
  }
  return [...reached.values()].filter(({ links }) => links.length > 0);
}

/** The namespaces at the other ends of its links. The host's own has no name, nor have those of containers. */
async function neighboursOf(host: Host, { netns, links }: WithLinks): Promise<(string | undefined)[]> {
  const numbers = new Set(links.flatMap(({ link_netnsid }) => link_netnsid ?? []));
  if (numbers.size === 0) return [];
  const names = await netnsNumbers(host, netns);
  // Seen from the host's own namespace, one without a name is a container's.
  return [...numbers].flatMap((number) => (names.has(number) || netns !== undefined ? [names.get(number)] : []));
}

/** The links of a namespace; none if it was deleted meanwhile. */
async function linksIn(host: Host, netns: string | undefined): Promise<Link[]> {
  try {
    return await showLinks(host, netns);
  } catch (error) {
    if (error instanceof LocalnetError) return [];
    throw error;
  }
}

/** Finds the other end of each of these links. */
export async function peersOf(
  hostOf: (place: Place) => Host,
  ends: readonly End[],
): Promise<(end: End) => End | undefined> {
  const key = ({ host = "", netns = "", link }: End) => `${host} ${netns}/${link}`;
  const peerEnds = await withReadCache(() => Promise.all(ends.map((end) => peerOf(hostOf(end), end))));
  const peers = new Map(ends.map((end, index) => [key(end), peerEnds[index]]));
  return (end) => peers.get(key(end));
}

async function peerOf(host: Host, end: End): Promise<End | undefined> {
  const { netns, link: name } = end;
  // What goes out by lo comes in by lo.
  if (name === "lo") return end;
  const link = (await linksIn(host, netns)).find(({ ifname }) => ifname === name);
  const peer = link && (await showPeer(host, netns, link).catch(undefinedIfUnnamed));
  return peer && { host: end.host, netns: peer.netns, link: peer.name };
}

function undefinedIfUnnamed(error: unknown): undefined {
  if (!(error instanceof LocalnetError)) throw error;
}
