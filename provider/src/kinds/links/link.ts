import { z } from "zod";
import type { Importable } from "../../core/kind";
import { isMark } from "../../core/mark";
import { type Host, withoutReadCache } from "../../host";
import { pause } from "../../host/interrupt";
import { at, cidr, familyOf, ifName, mac, mtu, networkOf } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import {
  addressesOf,
  duplicatesOf,
  type Link,
  ownerOf,
  showLink,
  showLinks,
  staticAddressesOf,
} from "../../tools/ip/links";
import { drawMac, isDrawnMac } from "./mac";

/** Links of most kinds have 1500; others say what theirs depends on when they are observed. */
function unsetMtu(observed: { readonly detail?: { readonly unsetMtu?: number } } | undefined): number {
  return observed?.detail?.unsetMtu ?? 1500;
}

/** The link below, on which another one is made. */
const lower = { replace: true, reference: "name", of: "link" } as const;
export const lowerLink = ifName.meta(lower);
export const anyLowerLink = ifName.optional().meta(lower);

/** How much room for packets a link has on the one below it, of which `overhead` bytes are its own. */
export async function mtuOn(host: Host, netns: string | undefined, lower: string, overhead = 0): Promise<number> {
  const link = await showLink(host, netns, lower);
  return (link?.mtu ?? 1500) - overhead;
}

/** Inputs that links of every kind have. */
export const linkArgs = {
  /** IPv4 and IPv6 addresses with prefix length, `172.22.0.1/24`. Of IPv4 addresses in one network the first is the primary one. Others that the link has are left alone. */
  addresses: z
    .array(cidr)
    .refine((list) => new Set(list).size === list.length, "must not name an address twice")
    .optional()
    .meta({ subset: (entry: string) => (familyOf(entry) === 4 ? networkOf(entry) : entry), unset: [] }),
  /** Largest packet in bytes. Default: the kernel's choice, 1500. */
  mtu: mtu.optional().meta({ unset: unsetMtu }),
  /** MAC address, unicast. Default: drawn when the link is made. */
  mac: mac.optional().meta({ unset: drawMac }),
  /** Is the link up? */
  up: z.boolean().default(true),
} as const;

/** Does the link take frames that are not for it? */
export const promiscuous = z.boolean().default(false);

/** Inputs of links that can be ports of another. */
export const portArgs = {
  /** Link that this one is a port of, in the same namespace: a Bridge. */
  master: ifName.optional().meta({ reference: "name", of: "master" }),
  /** May the bridge send a frame back out of the port that it came from? Needs `master`. Default: the kernel's choice, false. */
  hairpin: z.boolean().optional().meta({ unset: false }),
} as const;

/** The kernel has no IPv6 on links with smaller packets: it takes its addresses and routes away. */
export const leastMtu6 = 1280;

export function* linkRules(
  { mtu, addresses = [] }: Pick<LinkArgs, "mtu" | "addresses">,
  prefix = "",
): Generator<readonly [string, string]> {
  const isSmall = mtu !== undefined && mtu < leastMtu6;
  if (isSmall && addresses.some((each) => familyOf(each) === 6))
    yield [`${prefix}mtu`, `must be at least ${leastMtu6} for an IPv6 address`];
}

export function* portRules(args: Partial<LinkArgs>, prefix = ""): Generator<readonly [string, string]> {
  if (args.master !== undefined && args.master === args.name) yield [`${prefix}master`, "must be another link"];
  for (const key of Object.keys(portOptions) as (keyof typeof portOptions)[]) {
    if (args[key] !== undefined && !args.master) yield [`${prefix}${key}`, `needs ${prefix}master`];
  }
}

const onOff = (on: boolean) => (on ? "on" : "off");

/**
 * What `ip link set dev NAME` takes for every link, in the order in which it is said. With a change of one that is not
 * harmless, the kernel may drop routes, addresses or neighbours of the link.
 */
export const linkOptions = {
  mtu: { words: (bytes: number) => ["mtu", String(bytes)], read: (link: Link) => link.mtu },
  mac: { words: (text: string) => ["address", text], read: (link: Link) => link.address ?? "" },
  promiscuous: {
    words: (on: boolean) => ["promisc", onOff(on)],
    read: (link: Link) => link.flags.includes("PROMISC"),
    isHarmless: true,
  },
  master: {
    words: (name: string | undefined) => (name === undefined ? ["nomaster"] : ["master", name]),
    read: (link: Link) => link.master,
  },
  up: { words: (on: boolean) => [on ? "up" : "down"], read: (link: Link) => link.flags.includes("UP") },
} as const;

/** What `ip link set dev NAME type bridge_slave` takes for a port of a bridge. */
export const portOptions = {
  hairpin: {
    words: (on: boolean) => ["hairpin", onOff(on)],
    read: (link: Link) => link.linkinfo?.info_slave_data?.hairpin === true,
  },
} as const;

export const linkOutputs = {
  /** The kernel's number of the link. */
  ifindex: z.number(),
  /** The link's MAC address, asked for or not. */
  macAddress: z.string(),
} as const;

export interface LinkArgs {
  readonly name: string;
  readonly netns?: string | undefined;
  readonly addresses?: readonly string[] | undefined;
  readonly mtu?: number | undefined;
  readonly mac?: string | undefined;
  readonly up?: boolean | undefined;
  readonly promiscuous?: boolean | undefined;
  readonly master?: string | undefined;
  readonly hairpin?: boolean | undefined;
}

/** A link in the vocabulary of the inputs. */
export function observedLink(link: Link, owner: string) {
  return {
    owner: ownerOf(link, owner),
    inputs: { addresses: addressesOf(link), ...readOptions(linkOptions, link), ...readOptions(portOptions, link) },
    outputs: { ifindex: link.ifindex, macAddress: link.address ?? "" },
    detail: {
      hasAlias: isMark(link.ifalias ?? ""),
      group: link.group as string | undefined,
      duplicates: duplicatesOf(link),
      staticAddresses: staticAddressesOf(link),
      /** The addresses as ip tells them. */
      entries: link.addr_info,
    },
  };
}

type LinkFacts = ReturnType<typeof observedLink>;
export type ObservedLink = LinkFacts & {
  readonly otherKind?: boolean;
  readonly detail: LinkFacts["detail"] & {
    /** The mtu that it has when nobody asks, where that is not the same for all of the kind. */
    readonly unsetMtu?: number;
  };
};

export function readOptions<O extends Record<string, { read(link: Link): unknown }>>(
  options: O,
  link: Link,
): { [K in keyof O]: ReturnType<O[K]["read"]> } {
  const values = Object.entries(options).map(([key, option]) => [key, option.read(link)]);
  return Object.fromEntries(values);
}

/** The links of a kind in a namespace, as what may be imported; those for which `counts` holds. */
export async function listLinks(
  host: Host,
  netns: string | undefined,
  kind: string,
  counts: (link: Link) => boolean = () => true,
): Promise<Importable[]> {
  const links = (await showLinks(host, netns)).filter((link) => link.linkinfo?.info_kind === kind && counts(link));
  return links.map(({ ifname }) => ({ id: at(ifname, netns) }));
}

/** What is observed of a link and can be asked for, without what the kernel chose. */
export function importableInputs(owner: string, link: ObservedLink) {
  const { mtu, mac, up, promiscuous, master, hairpin } = link.inputs;
  const addresses = link.detail.staticAddresses;
  return {
    addresses: addresses.length > 0 ? addresses : undefined,
    mtu: mtu === unsetMtu(link) ? undefined : mtu,
    // Of a link that somebody else made nobody knows whether the kernel chose it.
    mac: mac !== undefined && link.owner === owner && !isDrawnMac(mac) ? mac : undefined,
    ...{ up, promiscuous, master },
    hairpin: hairpin || undefined,
  };
}

/** A link that was made a moment ago: down, without a mark, and with nothing that was asked for. */
export const newLink: ObservedLink = {
  owner: "",
  inputs: {
    ...{ addresses: [], mtu: 0, mac: "", up: false, promiscuous: false, hairpin: false },
    master: undefined,
  },
  outputs: { ifindex: 0, macAddress: "" },
  detail: { hasAlias: false, group: undefined, duplicates: [], staticAddresses: [], entries: [] },
};

export async function removeLink(host: Host, { name, netns }: Pick<LinkArgs, "name" | "netns">): Promise<void> {
  await ipAll(host, netns, [["link", "del", "dev", name]]);
}

/** A link of a kind by name; a link of another kind is somebody else's. */
export async function observeLink(
  host: Host,
  { name, netns }: Pick<LinkArgs, "name" | "netns">,
  kind: string,
  owner: string,
): Promise<{ link: Link; observed: ObservedLink } | undefined> {
  const link = await showLink(host, netns, name);
  return link && { link, observed: observedAs(link, kind, owner) };
}

export function observedAs(link: Link, kind: string, owner: string): ObservedLink {
  const observed = observedLink(link, owner);
  const actual = link.linkinfo?.info_kind ?? "device";
  return actual === kind ? observed : { ...observed, owner: `a link of kind ${actual}`, otherKind: true };
}

const goingSeconds = 2;

/** A link that was just seen, once it is known to stay: the kernel takes a veth away a while after the namespace of its far end. */
export async function observeStableLink(
  ...[host, ...which]: Parameters<typeof observeLink>
): ReturnType<typeof observeLink> {
  const deadline = Date.now() + goingSeconds * 1000;
  for (;;) {
    await pause(20);
    const found = await withoutReadCache(() => observeLink(host, ...which));
    if (!found || Date.now() > deadline) return found;
  }
}
