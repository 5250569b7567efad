import { LocalnetError } from "../../errors";
import { type Host, withReadCache } from "../../host";
import { type Link, netnsNumbers, showLinks, showPeer } from "../../tools/ip/links";
import type { Watched } from "../../tools/nft-trace";
import type { End } from "./way";

/** Namespaces that are watched at a time, each by a process. */
const most = 40;

export interface Places {
  readonly watched: Watched[];
  /** Those that are not. */
  readonly unwatched: number;
}

interface Place {
  readonly netns: string | undefined;
  readonly links: readonly Link[];
}

/**
 * The namespaces in which a packet may be seen, which are those that links lead to from where it starts. Where there are
 * many, those that have one of the addresses or pass packets on come first.
 */
export async function placesFor(host: Host, from: string | undefined, addresses: readonly string[]): Promise<Places> {
  const rank = ({ netns, links }: Place) => {
    if (netns === undefined || netns === from) return 0;
    const has = links.some(({ addr_info }) => addr_info.some(({ local = "" }) => addresses.includes(local)));
    return has ? 1 : links.length > 2 ? 2 : 3;
  };
  const reached = await withReadCache(() => reachable(host, from));
  const ranked = reached.toSorted((a, b) => rank(a) - rank(b));
  const watched = ranked
    .slice(0, most)
    .map(({ netns, links }) => ({ netns, links: links.map(({ ifname }) => ifname) }));
  return { watched, unwatched: ranked.length - watched.length };
}

async function reachable(host: Host, from: string | undefined): Promise<Place[]> {
  const found = new Map<string | undefined, Place>();
  for (let next: (string | undefined)[] = [from]; next.length > 0; ) {
    const places = await Promise.all(next.map(async (netns) => ({ netns, links: await linksIn(host, netns) })));
    for (const place of places) found.set(place.netns, place);
    const far = (await Promise.all(places.map((place) => neighboursOf(host, place)))).flat();
    next = [...new Set(far)].filter((netns) => !found.has(netns));
  }
  return [...found.values()].filter(({ links }) => links.length > 0);
}

/** The namespaces that its links lead to. The host's own has no name, and neither have those of containers. */
async function neighboursOf(host: Host, { netns, links }: Place): Promise<(string | undefined)[]> {
  const numbers = new Set(links.flatMap(({ link_netnsid }) => link_netnsid ?? []));
  if (numbers.size === 0) return [];
  const names = await netnsNumbers(host, netns);
  // From the host's own, one without a name is another's.
  return [...numbers].flatMap((number) => (names.has(number) || netns !== undefined ? [names.get(number)] : []));
}

/** One that goes meanwhile has none. */
async function linksIn(host: Host, netns: string | undefined): Promise<Link[]> {
  try {
    return await showLinks(host, netns);
  } catch (error) {
    if (error instanceof LocalnetError) return [];
    throw error;
  }
}

/** Where each of these links leads. */
export async function peersOf(host: Host, ends: readonly End[]): Promise<(end: End) => End | undefined> {
  const key = ({ netns, link }: End) => `${netns ?? ""}/${link}`;
  const found = await withReadCache(() => Promise.all(ends.map((end) => peerOf(host, end))));
  const peers = new Map(ends.map((end, index) => [key(end), found[index]]));
  return (end) => peers.get(key(end));
}

async function peerOf(host: Host, { netns, link: name }: End): Promise<End | undefined> {
  // What goes out there comes in there.
  if (name === "lo") return { netns, link: name };
  const link = (await linksIn(host, netns)).find(({ ifname }) => ifname === name);
  const peer = link && (await showPeer(host, netns, link).catch(unlessUnnamed));
  return peer && { netns: peer.netns, link: peer.name };
}

function unlessUnnamed(error: unknown): undefined {
  if (!(error instanceof LocalnetError)) throw error;
}
