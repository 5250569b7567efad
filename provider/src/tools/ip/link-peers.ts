import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { ip } from "./ip";
import { parseJson } from "./json";
import { type Link, showLinks } from "./links";

/** The name of the namespace that has this number in another namespace; undefined: it has no name, like the host's own. */
export async function netnsWithId(
  host: Host,
  netns: string | undefined,
  id: number | undefined,
): Promise<string | undefined> {
  return id === undefined ? undefined : (await netnsNumbers(host, netns)).get(id);
}

/** The names of the namespaces that have numbers in another namespace, by number; without those that have no name. */
export async function netnsNumbers(
  host: Host,
  netns: string | undefined,
): Promise<ReadonlyMap<number, string | undefined>> {
  const ids = parseJson(await ip(host, netns, "-j", "netns", "list-id")) as { nsid: number; name?: string }[];
  return new Map(ids.flatMap(({ nsid, name }) => (name === undefined ? [] : [[nsid, name]])));
}

/** The other end of a veth link, in whatever namespace it is; undefined: the link is not a veth. */
export async function showPeer(
  host: Host,
  netns: string | undefined,
  { ifindex: near, linkinfo, link, link_index, link_netnsid }: Link,
): Promise<{ name: string; netns: string | undefined } | undefined> {
  if (linkinfo?.info_kind !== "veth") return undefined;
  if (link !== undefined) return { name: link, netns };
  const there = await netnsWithId(host, netns, link_netnsid);
  // The host's own namespace has no name, and those of containers have none either.
  if (there !== undefined || netns !== undefined) {
    const links = await showLinks(host, there);
    // In a namespace without a name, another link may have the same number.
    const peer = links.find(
      (far) => far.ifindex === link_index && far.link_index === near && far.linkinfo?.info_kind === "veth",
    );
    if (peer) return { name: peer.ifname, netns: there };
  }
  throw new LocalnetError("LN_INPUT", "its far end is in a network namespace without a name", {
    hint: "give it one: ip netns attach NAME PID, where PID is a process in there",
  });
}

/** If both ends are in one namespace, the kernel gives the other end's name; if not, its number. */
export function isPeer(near: Link, far: Link): boolean {
  return near.link_index === undefined ? near.link === far.ifname : near.link_index === far.ifindex;
}
