import { z } from "zod";
import type { Importable } from "../../core/kind";
import { isMark } from "../../core/mark";
import { type Host, withoutReadCache } from "../../host";
import { pause } from "../../host/interrupt";
import { at } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { addressesOf, duplicatesOf, staticAddressesOf } from "../../tools/ip/link-addresses";
import { type Link, ownerOf, showLink, showLinks } from "../../tools/ip/links";
import { isRandomMac } from "./mac";
import { defaultsOf, firstOptions, type LinkArgs, type LinkDefaults, linkOptions } from "./options";
import { changedPortOptions, portOptions } from "./ports";

/** The kernel makes these links with the first tunnel of a type. They receive packets that no other tunnel matches. */
export const fallbackLinks = "tunl0 sit0 gre0 gretap0 erspan0 ip6tnl0 ip6gre0 ip_vti0 ip6_vti0".split(" ");

export const linkOutputs = {
  /** The kernel's number of the link. */
  ifindex: z.int(),
  /** The link's MAC address, even if it was not given. */
  macAddress: z.string(),
} as const;

/** A link in the form of the inputs. */
export function observedLink(link: Link, owner: string) {
  return {
    owner: ownerOf(link, owner),
    inputs: {
      addresses: addressesOf(link),
      ...readOptions(linkOptions, link),
      ...readOptions(firstOptions, link),
      ...readOptions(portOptions, link),
      offloads: link.offloads,
      impairment: link.impairment,
    },
    outputs: { ifindex: link.ifindex, macAddress: link.address ?? "" },
    detail: {
      isBonded: link.linkinfo?.info_slave_kind === "bond",
      hasAlias: isMark(link.ifalias ?? ""),
      group: link.group as string | undefined,
      duplicates: duplicatesOf(link),
      staticAddresses: staticAddressesOf(link),
      /** The addresses as ip lists them. */
      entries: link.addr_info,
    },
  };
}

type LinkFacts = ReturnType<typeof observedLink>;
export type ObservedLink = LinkFacts & {
  readonly otherKind?: boolean;
  readonly detail: LinkFacts["detail"] & {
    /** The kernel's defaults that differ from those of most links. */
    readonly unset?: Partial<LinkDefaults>;
  };
};

function readOptions<O extends Record<string, { read(link: Link): unknown }>>(
  options: O,
  link: Link,
): { [K in keyof O]: ReturnType<O[K]["read"]> } {
  const values = Object.entries(options).map(([key, option]) => [key, option.read(link)]);
  return Object.fromEntries(values);
}

/** The defaults that a link gets from its lower link. `overhead`: the bytes that its own headers take of each packet. */
export async function defaultsFrom(
  host: Host,
  netns: string | undefined,
  lower: string,
  overhead = 0,
): Promise<Partial<LinkDefaults>> {
  const link = await showLink(host, netns, lower);
  return link ? { mtu: link.mtu - overhead, mac: link.address } : {};
}

/**
 * The types of links that kinds list, with their addresses, and the condition for a link; `defineLink` adds its types. `lo`
 * and hardware have no type.
 */
export const importableTypes = new Map<string, (link: Link) => boolean>([["veth", () => true]]);

/** The links of some types in a namespace that can be imported and meet a condition. */
export async function listLinks(
  host: Host,
  netns: string | undefined,
  types: readonly string[],
  counts: (link: Link) => boolean = () => true,
): Promise<Importable[]> {
  const isOne = (link: Link) => types.includes(link.linkinfo?.info_kind ?? "") && counts(link);
  const links = (await showLinks(host, netns)).filter(isOne);
  return links.map(({ ifname }) => ({ id: at(ifname, netns) }));
}

/** The inputs that an observed link shows, without the kernel's choices. */
export function importableInputs(owner: string, link: ObservedLink) {
  const { mac, up, promiscuous, addrgenmode, master, hairpin, bridgePort } = link.inputs;
  const unset = defaultsOf(link);
  const defaultFor = <K extends keyof LinkDefaults>(key: K) =>
    link.inputs[key] === unset[key] ? undefined : link.inputs[key];
  const addresses = link.detail.staticAddresses;
  return {
    addresses: addresses.length > 0 ? addresses : undefined,
    mtu: defaultFor("mtu"),
    // For a link of another owner, nobody knows whether the kernel chose the MAC address.
    mac: mac && link.owner === owner && !isRandomMac(mac) ? defaultFor("mac") : undefined,
    ...{ up, promiscuous, master },
    ...{ arp: defaultFor("arp"), multicast: defaultFor("multicast"), txQueueLength: defaultFor("txQueueLength") },
    addrgenmode: addrgenmode === "eui64" ? undefined : addrgenmode,
    hairpin: hairpin || undefined,
    bridgePort: changedPortOptions(bridgePort),
    offloads: link.inputs.offloads,
    impairment: link.inputs.impairment,
  };
}

/** A new link: down, without a mark, and without any wanted value. */
export const newLink: ObservedLink = {
  owner: "",
  inputs: {
    ...{
      addresses: [],
      mtu: 0,
      mac: "",
      up: false,
      promiscuous: false,
      hairpin: false,
      bridgePort: { vlans: undefined },
      offloads: undefined,
      impairment: undefined,
    },
    ...{ arp: undefined, multicast: undefined, txQueueLength: undefined, addrgenmode: undefined, master: undefined },
  },
  outputs: { ifindex: 0, macAddress: "" },
  detail: { isBonded: false, hasAlias: false, group: undefined, duplicates: [], staticAddresses: [], entries: [] },
};

export async function removeLink(host: Host, { name, netns }: Pick<LinkArgs, "name" | "netns">): Promise<void> {
  await ipAll(host, netns, [["link", "del", "dev", name]]);
}

/** Observes a link by name; one of another kind belongs to somebody else. */
export async function observeLink(
  host: Host,
  { name, netns }: Pick<LinkArgs, "name" | "netns">,
  kind: string,
  owner: string,
): Promise<{ link: Link; observed: ObservedLink } | undefined> {
  const link = await showLink(host, netns, name);
  return link && { link, observed: observedAs(link, [kind], owner) };
}

export function observedAs(link: Link, types: readonly string[], owner: string): ObservedLink {
  const observed = observedLink(link, owner);
  const actual = link.linkinfo?.info_kind ?? "device";
  return types.includes(actual) ? observed : { ...observed, owner: `a link of kind ${actual}`, otherKind: true };
}

const goingSeconds = 2;

/**
 * Observes a link until it is certain that it stays: the kernel removes a veth a while after the namespace of its other end.
 */
export async function observeStableLink(
  ...[host, ...which]: Parameters<typeof observeLink>
): ReturnType<typeof observeLink> {
  const deadline = Date.now() + goingSeconds * 1000;
  for (;;) {
    await pause(20);
    const link = await withoutReadCache(() => observeLink(host, ...which));
    if (!link || Date.now() > deadline) return link;
  }
}
