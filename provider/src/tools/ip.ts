import { z } from "zod";
import { hasCode, LocalnetError } from "../errors";
import { familyOf } from "../fields";
import type { Host } from "../host";
import { groupOf, markOf, ownerIn } from "../mark";

/** `ip`, in a network namespace or in the host's own. */
export async function ip(host: Host, netns: string | undefined, ...args: string[]): Promise<string> {
  const { stdout } = await host.run(["ip", ...(netns === undefined ? [] : ["-n", netns]), ...args]);
  return stdout;
}

const linkJson = z.object({
  ifindex: z.number(),
  ifname: z.string(),
  link_index: z.number().optional(),
  link_netnsid: z.number().optional(),
  link: z.string().optional(),
  flags: z.array(z.string()),
  mtu: z.number(),
  master: z.string().optional(),
  operstate: z.string(),
  group: z.string(),
  address: z.string().optional(),
  ifalias: z.string().optional(),
  linkinfo: z
    .object({
      info_kind: z.string().optional(),
      info_data: z.record(z.string(), z.unknown()).optional(),
      info_slave_data: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  addr_info: z
    .array(
      z.object({
        local: z.string().optional(),
        prefixlen: z.number().optional(),
        tentative: z.boolean().optional(),
        dadfailed: z.boolean().optional(),
      }),
    )
    .default([]),
});

export type Link = z.output<typeof linkJson>;

/** A link with its addresses; undefined when there is none of that name. */
export async function showLink(host: Host, netns: string | undefined, name: string): Promise<Link | undefined> {
  try {
    const text = await ip(host, netns, "-j", "-d", "addr", "show", "dev", name);
    return z.array(linkJson).parse(JSON.parse(text))[0];
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && error.ran?.stderr?.includes("does not exist")) return undefined;
    throw error;
  }
}

/** All links of a namespace with their addresses; none where there is no such namespace. */
export async function showLinks(host: Host, netns: string | undefined): Promise<Link[]> {
  return z.array(linkJson).parse(JSON.parse(await ip(host, netns, "-j", "-d", "addr", "show")));
}

/** The named network namespaces. */
export async function listNetns(host: Host): Promise<string[]> {
  const lines = (await ip(host, undefined, "netns", "list")).split("\n").filter(Boolean);
  return lines.map((line) => line.replace(/ \(id: \d+\)$/, "")).sort();
}

/** The other end of a veth link, wherever it is; undefined when the link is none. */
export async function showPeer(
  host: Host,
  netns: string | undefined,
  { ifindex: near, linkinfo, link, link_index, link_netnsid }: Link,
): Promise<{ name: string; netns: string | undefined } | undefined> {
  if (linkinfo?.info_kind !== "veth") return undefined;
  if (link !== undefined) return { name: link, netns };
  const ids = JSON.parse(await ip(host, netns, "-j", "netns", "list-id")) as { nsid: number; name?: string }[];
  const there = ids.find(({ nsid }) => nsid === link_netnsid)?.name;
  // The host's own namespace has no name, and neither have those of containers.
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

/** The addresses that a link can use. */
export function addressesOf(link: Link): string[] {
  return link.addr_info.filter(({ dadfailed }) => !dadfailed).map(cidrOf);
}

/** The addresses that another has: the kernel keeps them on the link, but does not use them and does not ask again. */
export function duplicatesOf(link: Link): string[] {
  return link.addr_info.filter(({ dadfailed }) => dadfailed).map(cidrOf);
}

function cidrOf({ local, prefixlen }: Link["addr_info"][number]): string {
  return `${local}/${prefixlen}`;
}

/** Whose a link is. Its group is set in the call that makes it, its alias after that: a crash in between leaves the group alone. */
export function ownerOf(link: Link, owner: string): string {
  if (link.ifalias) return ownerIn(link.ifalias, owner);
  return link.group === String(groupOf(owner)) ? owner : "";
}

/** The arguments of `ip link add` that mark the new link. */
export function birthmark(owner: string): string[] {
  return ["group", String(groupOf(owner))];
}

export function aliasOf(owner: string): string[] {
  return ["alias", markOf(owner)];
}

const routeJson = z.object({
  type: z.string().default("1"),
  dst: z.string(),
  table: z.string().optional(),
  tos: z.string().optional(),
  gateway: z.string().optional(),
  dev: z.string().optional(),
  protocol: z.string(),
  metric: z.number().default(0),
  prefsrc: z.string().optional(),
  nexthops: z.array(z.unknown()).optional(),
});

export type RouteEntry = z.output<typeof routeJson>;

/** All routes of a table to exactly this destination, numbers in place of names. */
export async function showRoutes(
  host: Host,
  netns: string | undefined,
  destination: string,
  table: number,
): Promise<RouteEntry[]> {
  return routes(host, netns, familyOf(destination), "table", String(table), "exact", destination);
}

/** The routes of all tables. */
export async function showAllRoutes(host: Host, netns: string | undefined, family: 4 | 6): Promise<RouteEntry[]> {
  return routes(host, netns, family, "table", "all");
}

async function routes(host: Host, netns: string | undefined, family: 4 | 6, ...which: string[]): Promise<RouteEntry[]> {
  try {
    const text = await ip(host, netns, `-${family}`, "-N", "-j", "-d", "route", "show", ...which);
    return z.array(routeJson).parse(JSON.parse(text));
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && error.ran?.stderr?.includes("FIB table does not exist")) return [];
    throw error;
  }
}

/** The processes in a named network namespace. */
export async function netnsPids(host: Host, name: string): Promise<string[]> {
  const { stdout } = await host.run(["ip", "netns", "pids", name]);
  return stdout.split("\n").filter(Boolean);
}

/** The command line that runs another command in a namespace; nothing but the network namespace changes. */
export function enter(netns: string | undefined, argv: readonly string[]): string[] {
  return netns === undefined ? [...argv] : ["nsenter", `--net=/run/netns/${netns}`, "--", ...argv];
}
