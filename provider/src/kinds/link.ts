import { z } from "zod";
import { LocalnetError } from "../errors";
import { at, cidr, mac, mtu } from "../fields";
import type { Host } from "../host";
import { pause } from "../interrupt";
import type { Listed } from "../kind";
import { addressesOf, aliasOf, duplicatesOf, ip, type Link, ownerOf, showLink, showLinks } from "../tools/ip";

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
  readonly up?: boolean;
  readonly promiscuous?: boolean | undefined;
  readonly master?: string | undefined;
  readonly hairpin?: boolean | undefined;
}

/** A link in the vocabulary of the inputs. */
export function linkSeen(link: Link, owner: string) {
  return {
    ifindex: link.ifindex,
    owner: ownerOf(link, owner),
    alias: link.ifalias !== undefined,
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

export type LinkSeen = ReturnType<typeof linkSeen>;

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
export function notChosen({ addresses, mtu, up, promiscuous, master, hairpin }: LinkSeen) {
  const own = addresses.filter((each) => !each.startsWith("fe80:"));
  return {
    addresses: own.length > 0 ? own : undefined,
    mtu: mtu === 1500 ? undefined : mtu,
    ...{ up, promiscuous, master },
    hairpin: hairpin || undefined,
  };
}

/** A link that was made a moment ago: down, without a mark, and with nothing that was asked for. */
export const newborn: LinkSeen = {
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

/** Each input that `ip link set` takes, its arguments, and the kernel's default for when the input is taken away. */
const settings: readonly {
  key: "mtu" | "mac" | "promiscuous" | "master" | "up";
  argv(value: never): string[];
  unset?: unknown;
}[] = [
  { key: "mtu", argv: (bytes: number) => ["mtu", String(bytes)], unset: 1500 },
  { key: "mac", argv: (text: string) => ["address", text] },
  { key: "promiscuous", argv: (on: boolean) => ["promisc", on ? "on" : "off"], unset: false },
  { key: "master", argv: (name: string) => (name ? ["master", name] : ["nomaster"]), unset: "" },
  { key: "up", argv: (on: boolean) => [on ? "up" : "down"] },
];

/** The wanted value: as asked; the kernel's default when it was asked for before; else undefined, whatever it is. */
export function wantedValue(key: string, args: object, recorded: object | undefined, unset: unknown): unknown {
  const [now, before] = [args, recorded].map((values) => (values as Record<string, unknown> | undefined)?.[key]);
  return now ?? (before === undefined ? undefined : unset);
}

/** Brings a link that exists to what is asked for. */
export async function ensureLink(
  host: Host,
  args: LinkArgs,
  owner: string,
  seen: LinkSeen,
  recorded?: LinkArgs,
): Promise<void> {
  await duplicatesDetected(host, args, await configureLink(host, args, owner, seen, recorded));
}

/** The same without the wait for `duplicatesDetected`, which takes the addresses that this one added. */
export async function configureLink(
  host: Host,
  args: LinkArgs,
  owner: string,
  seen: LinkSeen,
  recorded?: LinkArgs,
): Promise<string[]> {
  const { name, netns } = args;
  const changes = settings.flatMap(({ key, argv, unset }) => {
    const want = wantedValue(key, args, recorded, unset);
    return want === undefined || want === (seen[key] ?? "") ? [] : argv(want as never);
  });
  if (seen.owner !== owner || !seen.alias) changes.push(...aliasOf(owner));
  if (changes.length) await ip(host, netns, "link", "set", "dev", name, ...changes);

  const hairpin = wantedValue("hairpin", args, recorded, false);
  if (hairpin !== undefined && args.master && (hairpin !== seen.hairpin || seen.master !== args.master)) {
    await ip(host, netns, "link", "set", "dev", name, "type", "bridge_slave", "hairpin", hairpin ? "on" : "off");
  }
  return configureAddresses(host, args, changes.length > 0, seen, recorded);
}

async function configureAddresses(
  host: Host,
  args: LinkArgs,
  changed: boolean,
  seen: LinkSeen,
  recorded?: LinkArgs,
): Promise<string[]> {
  const { name, netns, addresses = [] } = args;
  const before = recorded?.addresses ?? [];
  if (addresses.length + before.length === 0) return [];
  const current = async () => linkSeen(await present(host, args), "");
  const all = () => [...there.addresses, ...there.duplicates];

  // A link that went down lost its IPv6 addresses, and a primary IPv4 address takes its secondaries along: those are
  // behind it in the kernel's order.
  let there = seen;
  if (changed && all().length > 0) there = await current();
  const surplus = all().filter((each) => before.includes(each) && !addresses.includes(each));
  const useless = there.duplicates.filter((each) => addresses.includes(each));
  for (const each of [...surplus.reverse(), ...useless]) await ip(host, netns, "addr", "del", each, "dev", name);
  if (surplus.length > 0) there = await current();
  const missing = addresses.filter((each) => !there.addresses.includes(each));
  for (const each of missing) await ip(host, netns, "addr", "add", each, "dev", name);
  return missing;
}

const detectionSeconds = 4;

/** IPv6 addresses cannot be used before the kernel has asked whether another has them; a link without carrier does not ask. */
export async function duplicatesDetected(host: Host, args: LinkArgs, added: readonly string[]): Promise<void> {
  if (!added.some((each) => each.includes(":"))) return;
  const deadline = Date.now() + detectionSeconds * 1000;
  for (;;) {
    const link = await present(host, args);
    const ours = link.addr_info.filter(({ local, prefixlen }) => added.includes(`${local}/${prefixlen}`));
    const duplicate = ours.find(({ dadfailed }) => dadfailed);
    if (duplicate) {
      const what = `addresses: another has ${duplicate.local} already (duplicate address detection)`;
      throw new LocalnetError("LN_VERIFY", what);
    }
    const asking = link.flags.includes("UP") && !link.flags.includes("NO-CARRIER");
    if (!asking || !ours.some(({ tentative }) => tentative) || Date.now() > deadline) return;
    await pause(200);
  }
}

async function present(host: Host, { name, netns }: LinkArgs): Promise<Link> {
  const link = await showLink(host, netns, name);
  if (link) return link;
  throw new LocalnetError("LN_VERIFY", `link ${name} went away meanwhile`);
}

export async function removeLink(host: Host, { name, netns }: Pick<LinkArgs, "name" | "netns">): Promise<void> {
  await ip(host, netns, "link", "del", "dev", name);
}

/** A link of a kind by name; a link of another kind is somebody else's. */
export async function observeLink(
  host: Host,
  { name, netns }: Pick<LinkArgs, "name" | "netns">,
  kind: string,
  owner: string,
): Promise<{ link: Link; seen: LinkSeen } | undefined> {
  const link = await showLink(host, netns, name);
  if (!link) return undefined;
  const seen = linkSeen(link, owner);
  const actual = link.linkinfo?.info_kind ?? "device";
  return { link, seen: actual === kind ? seen : { ...seen, owner: `a link of kind ${actual}` } };
}
