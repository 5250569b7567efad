import { z } from "zod";
import { groupOf, isMark, markOf, ownerIn } from "../../core/mark";
import { undefinedWithoutNetns } from "../../errors";
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
  proto_down: z.boolean().optional(),
  xdp: z.object({ prog: z.object({ id: z.number(), name: z.string().optional() }).optional() }).optional(),
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
