import { z } from "zod";
import type { Listed, Seen } from "../../core/kind";
import { isMark } from "../../core/mark";
import { type Host, withoutReadCache } from "../../host";
import { pause } from "../../host/interrupt";
import { at, cidr, mac, mtu } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { addressesOf, duplicatesOf, type Link, ownerOf, showLink, showLinks } from "../../tools/ip/links";

/** Inputs that links of every kind have. */
export const linkArgs = {
  /** IPv4 and IPv6 addresses with prefix length, `172.22.0.1/24`. Others that the link has are left alone. */
  addresses: z.array(cidr).optional().meta({ subset: true }),
  /** Largest packet in bytes. Default: the kernel's choice, 1500. */
  mtu: mtu.optional(),
  /** MAC address, unicast. Default: the kernel's choice. */
  mac: mac.optional(),
  /** Is the link up? */
  up: z.boolean().default(true),
} as const;

/** Does the link take frames that are not for it? */
export const promiscuous = z.boolean().default(false);

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
    ifindex: link.ifindex,
    owner: ownerOf(link, owner),
    alias: isMark(link.ifalias ?? ""),
    addresses: addressesOf(link),
    duplicates: duplicatesOf(link),
    mtu: link.mtu,
    mac: link.address ?? "",
    macAddress: link.address ?? "",
    up: link.flags.includes("UP"),
    promiscuous: link.flags.includes("PROMISC"),
    master: link.master,
    hairpin: link.linkinfo?.info_slave_data?.hairpin === true,
  };
}

export type ObservedLink = ReturnType<typeof observedLink> & Pick<Seen, "alien">;

/** The links of a kind in a namespace, as what may be imported; those that `of` takes. */
export async function listLinks(
  host: Host,
  netns: string | undefined,
  kind: string,
  of: (link: Link) => boolean = () => true,
): Promise<Listed[]> {
  const links = (await showLinks(host, netns)).filter((link) => link.linkinfo?.info_kind === kind && of(link));
  return links.map(({ ifname }) => ({ id: at(ifname, netns) }));
}

/** What is seen of a link and can be asked for, without what the kernel chose. */
export function importableInputs({ addresses, mtu, up, promiscuous, master, hairpin }: ObservedLink) {
  const own = addresses.filter((each) => !each.startsWith("fe80:"));
  return {
    addresses: own.length > 0 ? own : undefined,
    mtu: mtu === 1500 ? undefined : mtu,
    ...{ up, promiscuous, master },
    hairpin: hairpin || undefined,
  };
}

/** A link that was made a moment ago: down, without a mark, and with nothing that was asked for. */
export const newLink: ObservedLink = {
  ifindex: 0,
  owner: "",
  alias: false,
  addresses: [],
  duplicates: [],
  mtu: 0,
  mac: "",
  macAddress: "",
  up: false,
  promiscuous: false,
  master: undefined,
  hairpin: false,
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
): Promise<{ link: Link; seen: ObservedLink } | undefined> {
  const link = await showLink(host, netns, name);
  return link && { link, seen: observedAs(link, kind, owner) };
}

export function observedAs(link: Link, kind: string, owner: string): ObservedLink {
  const seen = observedLink(link, owner);
  const actual = link.linkinfo?.info_kind ?? "device";
  return actual === kind ? seen : { ...seen, owner: `a link of kind ${actual}`, alien: true };
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
