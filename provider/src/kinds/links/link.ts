import { z } from "zod";
import type { Importable } from "../../core/kind";
import { isMark } from "../../core/mark";
import { type Host, withoutReadCache } from "../../host";
import { pause } from "../../host/interrupt";
import { at } from "../../schema/fields";
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
import { isDrawnMac } from "./mac";
import { defaultsOf, firstOptions, type LinkArgs, type LinkDefaults, linkOptions } from "./options";
import { changedPortOptions, portOptions } from "./ports";

/** What the kernel makes by itself with the first tunnel of a type: it takes the packets that no other tunnel wants. */
export const fallbackLinks = "tunl0 sit0 gre0 gretap0 erspan0 ip6tnl0 ip6gre0 ip_vti0 ip6_vti0".split(" ");

export const linkOutputs = {
  /** The kernel's number of the link. */
  ifindex: z.int(),
  /** The link's MAC address, asked for or not. */
  macAddress: z.string(),
} as const;

/** A link in the vocabulary of the inputs. */
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
      /** The addresses as ip tells them. */
      entries: link.addr_info,
    },
  };
}

type LinkFacts = ReturnType<typeof observedLink>;
export type ObservedLink = LinkFacts & {
  readonly otherKind?: boolean;
  readonly detail: LinkFacts["detail"] & {
    /** What it has when nobody asks, where that is not what most links have. */
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

/** What a link takes over from the one below it, on which `overhead` bytes of each packet are its own. */
export async function defaultsFrom(
  host: Host,
  netns: string | undefined,
  lower: string,
  overhead = 0,
): Promise<Partial<LinkDefaults>> {
  const link = await showLink(host, netns, lower);
  return link ? { mtu: link.mtu - overhead, mac: link.address } : {};
}

/** The types of links that kinds list, with their addresses, and which of them; `defineLink` adds its own. `lo` and hardware have none. */
export const importableTypes = new Map<string, (link: Link) => boolean>([["veth", () => true]]);

/** The links of some types in a namespace, as what may be imported; those for which `counts` holds. */
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

/** What is observed of a link and can be asked for, without what the kernel chose. */
export function importableInputs(owner: string, link: ObservedLink) {
  const { mac, up, promiscuous, addrgenmode, master, hairpin, bridgePort } = link.inputs;
  const unset = defaultsOf(link);
  const defaultFor = <K extends keyof LinkDefaults>(key: K) =>
    link.inputs[key] === unset[key] ? undefined : link.inputs[key];
  const addresses = link.detail.staticAddresses;
  return {
    addresses: addresses.length > 0 ? addresses : undefined,
    mtu: defaultFor("mtu"),
    // Of a link that somebody else made nobody knows whether the kernel chose it.
    mac: mac && link.owner === owner && !isDrawnMac(mac) ? defaultFor("mac") : undefined,
    ...{ up, promiscuous, master },
    ...{ arp: defaultFor("arp"), multicast: defaultFor("multicast"), txQueueLength: defaultFor("txQueueLength") },
    addrgenmode: addrgenmode === "eui64" ? undefined : addrgenmode,
    hairpin: hairpin || undefined,
    bridgePort: changedPortOptions(bridgePort),
    offloads: link.inputs.offloads,
    impairment: link.inputs.impairment,
  };
}

/** A link that was made a moment ago: down, without a mark, and with nothing that was asked for. */
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

/** A link of a kind by name; a link of another kind is somebody else's. */
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

/** A link that was just seen, once it is known to stay: the kernel takes a veth away a while after the namespace of its far end. */
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
