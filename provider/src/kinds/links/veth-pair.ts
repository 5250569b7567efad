import { z } from "zod";
import { defineKind, inNetns, type Seen } from "../../core/kind";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { at, ifName, parseAt } from "../../schema/fields";
import { groupArgs, isPeer, type Link, showLink, showPeer } from "../../tools/ip/links";
import { type Configured, configureLink, settled } from "./ensure";
import {
  importableInputs,
  type LinkArgs,
  linkArgs,
  linkOutputs,
  listLinks,
  newLink,
  type ObservedLink,
  observedAs,
  observeLink,
  observeStableLink,
  promiscuous,
  removeLink,
} from "./link";

/** Inputs of each end. */
const end = {
  ...inNetns,
  /** Bridge that the end is a port of, in the same namespace. */
  master: ifName.optional().meta({ reference: "name", of: ["Bridge"] }),
  ...linkArgs,
  /** Does the end take frames that are not for it (`promisc`)? */
  promiscuous,
  /** May the bridge send a frame back out of the port that it came from? Needs `master`. Default: the kernel's choice, false. */
  hairpin: z.boolean().optional(),
} as const;

export const vethPair = defineKind({
  type: "VethPair",
  summary: "Two virtual Ethernet links, each the other's far end, usually in two namespaces.",
  args: {
    /** Name of the near end, 1 to 15 characters. */
    name: ifName.meta({ replace: true }),
    ...end,
    /** The far end: its `name`, and the same inputs as the near end's. */
    peer: z.strictObject({
      /** Name of the far end, 1 to 15 characters. */
      name: ifName.meta({ replace: true }),
      ...end,
    }),
  },
  outputs: {
    ...linkOutputs,
    /** The kernel's number of the far end. */
    peerIfindex: z.number(),
    /** The far end's MAC address, asked for or not. */
    peerMacAddress: z.string(),
  },
  needs: ["ip"],
  /** `NAME@NETNS`, of the near end */
  id: ({ name, netns }) => at(name, netns),

  *rules({ name, netns, master, hairpin, peer }) {
    if (name === peer.name && netns === peer.netns) yield ["peer.name", "must differ from name in the same namespace"];
    if (hairpin !== undefined && !master) yield ["hairpin", "needs master"];
    if (peer.hairpin !== undefined && !peer.master) yield ["peer.hairpin", "needs peer.master"];
  },

  async observe(host, args, recorded): Promise<PairSeen | undefined> {
    const found = await observeLink(host, args, "veth", args.owner);
    if (!found && !recorded) return undefined;
    const far = await farEnd(host, args);
    const near = found && far === null ? await observeStableLink(host, args, "veth", args.owner) : found;
    if (!near) {
      // Renamed or moved away: the pair is known by its far end, as which it can be removed.
      const lost = far?.seen.owner === args.owner && !far.seen.alien;
      return lost ? { ...newLink, owner: args.owner, lost } : undefined;
    }
    return pairOf(near, far ?? undefined);
  },

  async ensure(host, args, seen, recorded) {
    const { peer, owner } = args;
    // A far end that was renamed or moved away cannot be brought back under its name; both ends go and are made anew.
    const broken = seen && !seen.peer;
    if (broken) await removeEnd(host, args, seen.lost);
    const whole = broken ? undefined : seen;
    const ends = [
      { end: args, seen: whole, recorded },
      { end: peer, seen: whole?.peer, recorded: recorded?.peer },
    ];
    // The host's own namespace has no name by which a link could be put into it from another.
    if (peer.netns === undefined) ends.reverse();
    const here = ends[0]?.end.netns;
    // Where there is no namespace of that name, ip takes a number for a process, and puts the end where that is.
    for (const { end } of ends) if (/^(0x[0-9a-f]+|\d+)$/i.test(end.netns ?? "")) await showLink(host, end.netns, "lo");
    const born = ({ name, netns }: LinkArgs) => {
      const elsewhere = netns === undefined || netns === here ? [] : ["netns", netns];
      return ["name", name, ...elsewhere, ...groupArgs(owner)];
    };
    const first = whole ? [] : [["link", "add", ...born(args), "type", "veth", "peer", ...born(peer)]];
    const configured: (readonly [LinkArgs, Configured])[] = [];
    for (const { end, seen, recorded } of ends) {
      const around = { first: first.splice(0) };
      configured.push([end, await configureLink(host, end, owner, seen ?? newLink, recorded, around)]);
    }
    // Neither end has a carrier before both are up.
    const links = await Promise.all(configured.map(([end, change]) => settled(host, end, change)));
    const [near, far] = (peer.netns === undefined ? links.reverse() : links).map((link) => found(link, owner));
    return { seen: near && far && pairOf(near, far) };
  },

  remove: (host, args, { lost }) => removeEnd(host, args, lost),

  imports: {
    parse: parseAt,
    list: (host, netns) => listLinks(host, netns, "veth"),
    also: ({ peer }) => at(peer.name, peer.netns),
    async locate(host, args) {
      const near = await showLink(host, args.netns, args.name);
      const far = near && (await showPeer(host, args.netns, near));
      return near && { ...args, peer: { ...args.peer, ...(far ?? { name: args.name, netns: args.netns }) } };
    },
    ask: ({ peer }, seen) => ({
      ...importableInputs(seen),
      peer: { name: peer.name, netns: peer.netns, ...(seen.peer && importableInputs(seen.peer)) },
    }),
  },
});

interface PairSeen extends ObservedLink, Seen {
  readonly owner: string;
  /** The near end is not there under its name, and what is seen of it is nothing. */
  readonly lost: boolean;
  readonly peer?: ObservedLink | undefined;
  readonly peerIfindex?: number | undefined;
  readonly peerMacAddress?: string | undefined;
}

interface End {
  readonly link: Link;
  readonly seen: ObservedLink;
}

function found(link: Link | undefined, owner: string): End | undefined {
  return link && { link, seen: observedAs(link, "veth", owner) };
}

/** Only a far end that is ours counts, not just one of that name. */
function pairOf(near: End, far: End | undefined): PairSeen {
  const peer = far && isPeer(near.link, far.link) ? far.seen : undefined;
  return { ...near.seen, lost: false, peer, peerIfindex: peer?.ifindex, peerMacAddress: peer?.macAddress };
}

interface PairArgs extends LinkArgs {
  readonly owner: string;
  /** What is recorded lacks it where it was gone. */
  readonly peer?: LinkArgs | undefined;
}

/** Null where its namespace is gone, or has no name any more. */
async function farEnd(host: Host, { peer, owner }: PairArgs) {
  try {
    return peer && (await observeLink(host, peer, "veth", owner));
  } catch (error) {
    if (hasCode(error, "LN_NETNS")) return null;
    throw error;
  }
}

/** Both ends go with either. */
async function removeEnd(host: Host, args: PairArgs, lost: boolean): Promise<void> {
  await removeLink(host, lost && args.peer ? args.peer : args);
}
