import { isIPv4 } from "node:net";
import { z } from "zod";
import { groupOf, isMark, markOf, ownerIn } from "../../core/mark";
import { LocalnetError, undefinedWithoutNetns } from "../../errors";
import { cached, type Host, usesReadCache } from "../../host";
import { coalesce, getOrCreate } from "../../host/coalesce";
import type { Netem } from "../netem";
import type { WireguardConfig } from "../wg";
import { ipShow } from "./batch";
import { ip, isLinkKnownAbsent } from "./ip";
import { parseJson } from "./json";

const linkJson = z.object({
  ifindex: z.number(),
  ifname: z.string(),
  link_index: z.number().optional(),
  link_netnsid: z.number().optional(),
  /** ip prints null for a tunnel that is on no link, such as the ones that the kernel makes by itself. */
  link: z
    .string()
    .nullish()
    .transform((name) => name ?? undefined),
  flags: z.array(z.string()),
  mtu: z.number(),
  /** The queueing discipline for the packets that it sends. */
  qdisc: z.string().optional(),
  master: z.string().optional(),
  operstate: z.string(),
  group: z.string(),
  address: z.string().optional(),
  txqlen: z.number().optional(),
  inet6_addr_gen_mode: z.string().optional(),
  ifalias: z.string().optional(),
  altnames: z.array(z.string()).optional(),
  linkinfo: z
    .object({
      info_kind: z.string().optional(),
      info_data: z.record(z.string(), z.unknown()).optional(),
      info_slave_kind: z.string().optional(),
      info_slave_data: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  addr_info: z
    .array(
      z.object({
        local: z.string().optional(),
        /** The other end of a point-to-point address. */
        address: z.string().optional(),
        prefixlen: z.number().optional(),
        dynamic: z.boolean().optional(),
        tentative: z.boolean().optional(),
        dadfailed: z.boolean().optional(),
        broadcast: z.string().optional(),
        scope: z.string().optional(),
        label: z.string().optional(),
        metric: z.number().optional(),
        nodad: z.boolean().optional(),
        home: z.boolean().optional(),
        mngtmpaddr: z.boolean().optional(),
        noprefixroute: z.boolean().optional(),
        autojoin: z.boolean().optional(),
        temporary: z.boolean().optional(),
        secondary: z.boolean().optional(),
        /** The kernel generated the last half of the address. */
        "stable-privacy": z.boolean().optional(),
        valid_life_time: z.number().optional(),
        preferred_life_time: z.number().optional(),
      }),
    )
    .default([]),
});

export type Link = z.output<typeof linkJson> & {
  /** The namespace that the link was made in. Only links that were moved out of it and still use it have one. */
  readonly createdIn?: string;
  /** Of a bridge or its port; only if `bridge` was called. */
  readonly vlans?: readonly unknown[];
  /** Only if `ethtool` was called. */
  readonly offloads?: Readonly<Record<string, boolean | undefined>>;
  /** The offloads that the link cannot change. */
  readonly fixedOffloads?: readonly string[];
  /** This and the next two: only if `ethtool` was called. */
  readonly speed?: number;
  readonly duplex?: "half" | "full";
  readonly autoneg?: boolean;
  /** Only if `wg` was called. */
  readonly wireguard?: WireguardConfig;
  /** Only if `tc` was called. */
  readonly impairment?: Netem | undefined;
};
export type LinkAddress = Link["addr_info"][number];

export function parseLinks(list: unknown): Link[] {
  return z.array(linkJson).parse(list);
}

/** The command that lists a link with its addresses. */
export function showLinkCommand(name: string): string[] {
  return ["addr", "show", "dev", name];
}

/** A link with its addresses; undefined: there is none with this name. */
export async function showLink(host: Host, netns: string | undefined, name: string): Promise<Link | undefined> {
  if (isLinkKnownAbsent(host, netns, name)) return undefined;
  const links = usesReadCache() ? await showLinks(host, netns) : await linkReader(host, netns)(name);
  return links.find(({ ifname }) => ifname === name);
}

/** Tells a link from a later one of its name in the namespace: the kernel gives the number of one that is gone to no other. */
export async function linkIncarnation(
  host: Host,
  netns: string | undefined,
  name: string,
): Promise<string | undefined> {
  const link = await undefinedWithoutNetns(() => showLink(host, netns, name));
  return link && String(link.ifindex);
}

const linkReaders = new WeakMap<Host, Map<string, (name: string) => Promise<Link[]>>>();

/** Reads links of a namespace. Calls at the same time share one process. */
function linkReader(host: Host, netns: string | undefined): (name: string) => Promise<Link[]> {
  const ofHost = getOrCreate(linkReaders, host, () => new Map());
  return getOrCreate(ofHost, netns ?? "", () =>
    coalesce(async (names: readonly string[]) => {
      return parseLinks((await ipShow(host, netns, names.map(showLinkCommand))).flat());
    }),
  );
}

/** All links of a namespace with their addresses; empty if the namespace does not exist. */
export function showLinks(host: Host, netns: string | undefined): Promise<Link[]> {
  return cached(host, `links ${netns ?? ""}`, async () =>
    parseLinks(parseJson(await ip(host, netns, "-j", "-d", "addr", "show"))),
  );
}

/** The ports of a bridge, or of another link that has ports. */
export async function showPorts(host: Host, netns: string | undefined, master: string): Promise<Link[]> {
  return parseLinks(parseJson(await ip(host, netns, "-j", "-d", "link", "show", "master", master)));
}

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

/** The addresses that a link can use. */
export function addressesOf(link: Link): string[] {
  return link.addr_info.filter(({ dadfailed }) => !dadfailed).map(cidrOf);
}

/** The addresses that an administrator gave the link, not the kernel, a router or a DHCP client. */
export function staticAddressesOf(link: Link): string[] {
  const given = link.addr_info.filter(({ dynamic, address, local }) => {
    return !dynamic && address === undefined && !local?.startsWith("fe80:");
  });
  return addressesOf({ ...link, addr_info: given });
}

/**
 * Did the kernel make the address by itself? It makes those of `lo`, and IPv6 addresses whose last half it generates or
 * derives from a MAC address or from the IPv4 address of a tunnel. It keeps such an address when the link gets another MAC
 * address.
 */
export function isKernelsAddress({ ifname, address = "" }: Link, entry: LinkAddress): boolean {
  const cidr = cidrOf(entry);
  if (ifname === "lo" && ["127.0.0.1/8", "::1/128"].includes(cidr)) return true;
  if (entry.temporary || entry["stable-privacy"]) return true;
  if (/^fe80::(?:200:)?5efe:[0-9a-f]{1,4}:[0-9a-f]{1,4}\/64$/.test(cidr)) return true;
  if (isIPv4(address) && cidr === `fe80::${lastHalfOf(address)}/64`) return true;
  return /^fe80::(?:.*:)?[0-9a-f]{0,2}ff:fe[0-9a-f]{2}:[0-9a-f]{1,4}\/64$/.test(cidr);
}

/**
 * The part of an IPv6 address that the kernel derives from the IPv4 address of a tunnel of type sit: c0a8:101 from
 * 192.168.1.1.
 */
function lastHalfOf(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return [a * 256 + b, c * 256 + d].map((number) => number.toString(16)).join(":");
}

/**
 * The addresses that another machine has. The kernel keeps them on the link, but does not use them and does not check them
 * again.
 */
export function duplicatesOf(link: Link): string[] {
  return link.addr_info.filter(({ dadfailed }) => dadfailed).map(cidrOf);
}

export function cidrOf({ local, address, prefixlen }: LinkAddress): string {
  return address === undefined ? `${local}/${prefixlen}` : `${local} peer ${address}/${prefixlen}`;
}

/**
 * The owner of a link. The call that makes a link sets its group; its alias is set later. After a crash in between, only the
 * group shows the owner.
 */
export function ownerOf(link: Link, owner: string): string {
  const { ifalias: alias = "" } = link;
  // Other programs write descriptions into aliases.
  if (!isMark(alias) && link.group === String(groupOf(owner))) return owner;
  return ownerIn(alias, owner);
}

/** The arguments of `ip link add` that mark the new link. */
export function groupArgs(owner: string): string[] {
  return ["group", String(groupOf(owner))];
}

export function aliasArgs(owner: string): string[] {
  return ["alias", markOf(owner)];
}
