import { z } from "zod";
import type { inNetns } from "../../core/kind";
import { cidr, familyOf, ifName, integer, mac, mtu, networkOf } from "../../schema/fields";
import type { Link } from "../../tools/ip/links";
import { impairmentInput } from "./impairment";
import { randomMac } from "./mac";
import { offloadsInput } from "./offloads";
import { bridgePort } from "./ports";

/** The kernel's defaults for links. A kind with others defines them. */
export interface LinkDefaults {
  readonly mtu: number;
  readonly mac?: string | undefined;
  readonly arp: boolean;
  readonly multicast: boolean;
  readonly txQueueLength: number;
}

const defaults: LinkDefaults = { mtu: 1500, arp: true, multicast: true, txQueueLength: 1000 };

interface WithDefaults {
  readonly detail?: { readonly unset?: Partial<LinkDefaults> };
}

export function defaultsOf(observed: WithDefaults | undefined): LinkDefaults {
  return { ...defaults, ...observed?.detail?.unset };
}

const byDefault = (key: keyof LinkDefaults) => (observed: WithDefaults | undefined) => defaultsOf(observed)[key];

/** The lower link, on which another one is made. */
const lower = { replace: true, reference: "name", of: "link" } as const;
export const lowerLink = ifName.meta(lower);
export const anyLowerLink = ifName.optional().meta(lower);

/** A link can have an IPv6 address only once, whatever its prefix length. */
const distinct = (entry: string) => (familyOf(entry) === 4 ? entry : entry.split("/")[0]);

/** Addresses of a link, in order if the order matters. */
export const addressList = z
  .array(cidr)
  .refine((list) => new Set(list.map(distinct)).size === list.length, "must not name an address twice")
  .meta({ subset: (entry: string) => (familyOf(entry) === 4 ? networkOf(entry) : entry) });

/** Number of a virtual network, 24 bits. */
export const vni = integer(0, 0xffffff).optional().meta({ replace: true });

/** Inputs of links of every kind. */
export const linkArgs = {
  /**
   * IPv4 and IPv6 addresses with prefix length, `172.22.0.1/24`. The first of several IPv4 addresses in one network is the
   * primary one. Other addresses of the link are not changed.
   */
  addresses: addressList.optional().meta({ ...addressList.meta(), unset: [] }),
  /**
   * Largest packet in bytes. Default: the kernel's choice, 1500, or what fits into the lower link when this one is made. The
   * kernel lowers it with that of the lower link, and does not raise it again.
   */
  mtu: mtu.optional().meta({ unset: byDefault("mtu") }),
  /** MAC address, unicast. Default: a random one, or that of the lower link. */
  mac: mac.optional().meta({ unset: (observed?: WithDefaults) => defaultsOf(observed).mac ?? randomMac() }),
  /** Is the link up? */
  up: z.boolean().default(true),
} as const;

/** Inputs of links that are a resource, or an end of one. */
export const deviceArgs = {
  /** Does the link receive frames for other MAC addresses (`promisc`)? */
  promiscuous: z.boolean().default(false),
  /** Does the link use ARP to find MAC addresses? Default: the kernel's choice, true; false for Dummy and Ifb. */
  arp: z
    .boolean()
    .optional()
    .meta({ unset: byDefault("arp") }),
  /** Does the link take part in multicast? Default: the kernel's choice, true; false for Dummy and Ifb. */
  multicast: z
    .boolean()
    .optional()
    .meta({ unset: byDefault("multicast") }),
  /**
   * How the link generates its IPv6 link-local address: from the MAC address, not at all, or from a random secret of the
   * kernel (`addrgenmode`). Default: the namespace's settings decide, `eui64`.
   */
  addrgenmode: z.enum(["eui64", "none", "random"]).optional().meta({ replace: true }),
  /** Most packets that may wait to be sent (`txqueuelen`). Default: the kernel's choice, 1000; 32 for Ifb. */
  txQueueLength: integer(0, 1_000_000)
    .optional()
    .meta({ unset: byDefault("txQueueLength") }),
  /**
   * Work that the link does for the processor, by ethtool's names. Needs the command `ethtool`. Default: the kernel's
   * choice.
   */
  offloads: offloadsInput,
  /**
   * Impairment of the packets that the link sends (netem, as its root queueing discipline). Needs the command `tc`. Default:
   * none.
   */
  impairment: impairmentInput,
} as const;

/** Inputs of links that can be ports of another. */
export const portArgs = {
  /** Link that this one is a port of, in the same namespace: a Bridge, a Bond or a Vrf. */
  master: ifName.optional().meta({ reference: "name", of: "master" }),
  /**
   * May the bridge send a frame back through the port that it came from? Needs `master`. Default: the kernel's choice,
   * false.
   */
  hairpin: z.boolean().optional().meta({ unset: false }),
  /** Other options of a bridge's port. Needs `master`. */
  bridgePort,
} as const;

/** The smallest mtu with IPv6. Below it, the kernel removes the link's IPv6 addresses and routes. */
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
  for (const key of ["hairpin", "bridgePort"] as const) {
    if (args[key] !== undefined && !args.master) yield [`${prefix}${key}`, `needs ${prefix}master`];
  }
}

const onOff = (on: boolean) => (on ? "on" : "off");
const flag = (word: string, name: string) => ({
  words: (on: boolean) => [word, onOff(on)],
  read: (link: Link): boolean | undefined => link.flags.includes(name),
});

/**
 * The words of `ip link set dev NAME` for every link, in their order. A change of an option that is not harmless may make
 * the kernel drop routes, addresses or neighbours of the link.
 */
export const linkOptions = {
  mtu: { words: (bytes: number) => ["mtu", String(bytes)], read: (link: Link) => link.mtu },
  mac: { words: (text: string) => ["address", text], read: (link: Link) => link.address ?? "" },
  promiscuous: { ...flag("promisc", "PROMISC"), isHarmless: true },
  arp: {
    words: (on: boolean) => ["arp", onOff(on)],
    read: (link: Link): boolean | undefined => !link.flags.includes("NOARP"),
  },
  multicast: flag("multicast", "MULTICAST"),
  txQueueLength: {
    words: (packets: number) => ["txqueuelen", String(packets)],
    // ip does not print a length of 0.
    read: (link: Link): number | undefined => link.txqlen ?? 0,
    isHarmless: true,
  },
  master: {
    words: (name: string | undefined) => (name === undefined ? ["nomaster"] : ["master", name]),
    read: (link: Link) => link.master,
  },
  up: { words: (on: boolean) => [on ? "up" : "down"], read: (link: Link) => link.flags.includes("UP") },
} as const;

/** Set in a command of their own before the others, because a link makes its link-local address when it comes up. */
export const firstOptions = {
  addrgenmode: {
    words: (mode: string) => ["addrgenmode", mode],
    read: (link: Link): string | undefined => link.inet6_addr_gen_mode,
  },
} as const;

type LinkInputs = z.output<z.ZodObject<typeof inNetns & typeof linkArgs & typeof deviceArgs & typeof portArgs>>;

/** The wanted or recorded inputs of a link, as far as they are known. */
export type LinkArgs = { readonly name: string } & { readonly [K in keyof LinkInputs]?: LinkInputs[K] | undefined };
