import { z } from "zod";
import { type Args, defineKind, inNetns, type Observed } from "../../core/kind";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { at, ifName, parseAt } from "../../schema/fields";
import { isPeer, type Link, showLink, showPeer } from "../../tools/ip/links";
import { configureLink, creation } from "./ensure";
import {
  importableInputs,
  linkOutputs,
  listLinks,
  newLink,
  type ObservedLink,
  observedAs,
  observeLink,
  observeStableLink,
  removeLink,
} from "./link";
import { deviceArgs, type LinkArgs, linkArgs, linkRules, portArgs, portRules } from "./options";
import { ensureSides, showSides } from "./side-inputs";
import { type LinkChange, waitUntilUsable } from "./usable";

/** Inputs of each end. */
const end = {
  ...inNetns,
  ...portArgs,
  ...linkArgs,
  ...deviceArgs,
} as const;

const pairArgs = {
  /** Name of the near end, 1 to 15 characters. */
  name: ifName.meta({ replace: true }),
  ...end,
  /** The far end: its `name`, and the same inputs as the near end's. */
  peer: z.strictObject({
    /** Name of the far end, 1 to 15 characters. */
    name: ifName.meta({ replace: true }),
    ...end,
  }),
} as const;

export const vethPair = defineKind({
  type: "VethPair",
  summary: "Two connected virtual Ethernet links, usually in two namespaces.",
  tags: ["link", "addressed"],
  args: pairArgs,
  outputs: {
    ...linkOutputs,
    /** The kernel's number of the far end. */
    peerIfindex: z.int(),
    /** The far end's MAC address, even if it was not given. */
    peerMacAddress: z.string(),
  },
  needs: ["ip"],
  /** `NAME@NETNS`, of the near end */
  id: ({ name, netns }) => at(name, netns),
  disturbs: ({ netns, peer }) => [netns, peer.netns],

  *rules(args) {
    const { name, netns, peer } = args;
    if (name === peer.name && netns === peer.netns) yield ["peer.name", "must differ from name in the same namespace"];
    for (const [end, prefix] of [
      [args, ""],
      [peer, "peer."],
    ] as const) {
      yield* linkRules(end, prefix);
      yield* portRules(end, prefix);
    }
  },

  async observe(host, args, recorded): Promise<ObservedPair | undefined> {
    const nearEnd = await observeEnd(host, args, args.owner, recorded);
    if (!nearEnd && !recorded) return undefined;
    const far = await observeFarEnd(host, args, recorded);
    const near = nearEnd && far === null ? await observeStableLink(host, args, "veth", args.owner) : nearEnd;
    if (!near) {
      // If the near end was renamed or moved away, the pair is known by its far end, and can be removed with it.
      const isLost = far?.observed.owner === args.owner && !far.observed.otherKind;
      return isLost ? pairOf({ observed: { ...newLink, owner: args.owner } }, undefined, true) : undefined;
    }
    return pairOf(near, far ?? undefined);
  },

  async ensure(host, args, observed, recorded) {
    const { peer, owner } = args;
    // A far end that was renamed or moved away cannot be restored under its name. Both ends are removed and made again.
    const isBroken = observed && !observed.detail.peer;
    if (isBroken) await removeEnd(host, args, observed.detail.isLost);
    const whole = isBroken ? undefined : observed;
    const [near, far] = [creation(args, owner), creation(peer, owner)];
    const ends = [
      { end: args, observed: whole?.detail.near ?? near.made, recorded },
      { end: peer, observed: whole?.detail.peer ?? far.made, recorded: recorded?.peer },
    ];
    // The host's own namespace has no name, so another one cannot put a link into it. The commands start there.
    if (peer.netns === undefined) ends.reverse();
    const here = ends[0]?.end.netns;
    // If there is no namespace with this name, ip takes a number for a process, and puts the end into its namespace.
    for (const { end } of ends) if (/^(0x[0-9a-f]+|\d+)$/i.test(end.netns ?? "")) await showLink(host, end.netns, "lo");
    const place = ({ name, netns }: LinkArgs, words: string[]) => {
      const elsewhere = netns === undefined || netns === here ? [] : ["netns", netns];
      return ["name", name, ...elsewhere, ...words];
    };
    const add = ["link", "add", ...place(args, near.words), "type", "veth", "peer", ...place(peer, far.words)];
    const first = whole ? [] : [add];
    const changes: (readonly [LinkArgs, LinkChange])[] = [];
    try {
      for (const { end, observed, recorded } of ends) {
        const around = { first: first.splice(0) };
        changes.push([end, await configureLink(host, end, owner, observed, recorded, around)]);
      }
    } catch (error) {
      await Promise.allSettled(changes.map(([, { restore }]) => restore()));
      throw error;
    }
    // Neither end has a carrier before both are up.
    const links = await Promise.all(
      changes.map(async ([end, change]) => {
        const [before, existing] = end === args ? [recorded, whole?.detail.near] : [recorded?.peer, whole?.detail.peer];
        const link = await waitUntilUsable(host, end, change);
        return ensureSides(host, end, before, link, existing?.inputs);
      }),
    );
    const [nearLink, farLink] = (peer.netns === undefined ? links.reverse() : links).map((link) => endOf(link, owner));
    return { observed: nearLink && farLink && pairOf(nearLink, farLink) };
  },

  remove: (host, args, { detail }) => removeEnd(host, args, detail.isLost),

  imports: {
    parse: parseAt,
    list: (host, netns) => listLinks(host, netns, ["veth"]),
    alias: ({ peer }) => at(peer.name, peer.netns),
    async locate(host, args) {
      const near = await showLink(host, args.netns, args.name);
      const far = near && (await showPeer(host, args.netns, near));
      return near && { ...args, peer: { ...args.peer, ...(far ?? { name: args.name, netns: args.netns }) } };
    },
    inputs: ({ owner, peer }, { detail }) => ({
      ...importableInputs(owner, detail.near),
      peer: { name: peer.name, netns: peer.netns, ...(detail.peer && importableInputs(owner, detail.peer)) },
    }),
  },
});

interface ObservedPair extends Observed {
  readonly owner: string;
  readonly detail: {
    readonly near: ObservedLink;
    /** The near end has disappeared from its name, so its values are those of a new link. */
    readonly isLost: boolean;
    readonly peer: ObservedLink | undefined;
  };
}

interface End {
  readonly link?: Link;
  readonly observed: ObservedLink;
}

function endOf(link: Link | undefined, owner: string): Required<End> | undefined {
  return link && { link, observed: observedAs(link, ["veth"], owner) };
}

/** Only the far end of this pair counts, not any link with its name. */
function pairOf(near: End, far: Required<End> | undefined, isLost = false): ObservedPair {
  const peer = near.link && far && isPeer(near.link, far.link) ? far.observed : undefined;
  const { owner, inputs, outputs, ...rest } = near.observed;
  return {
    ...{ ...rest, owner },
    inputs: isLost ? inputs : { ...inputs, peer: peer?.inputs },
    outputs: { ...outputs, peerIfindex: peer?.outputs.ifindex, peerMacAddress: peer?.outputs.macAddress },
    detail: { near: near.observed, isLost, peer },
  };
}

/** The record has no far end if it was gone. */
type PairArgs = Omit<Args<typeof pairArgs>, "peer"> & Partial<Pick<Args<typeof pairArgs>, "peer">>;

type Before = (LinkArgs & { readonly imported?: boolean }) | undefined;

async function observeEnd(
  host: Host,
  end: LinkArgs,
  owner: string,
  recorded: Before,
): Promise<Required<End> | undefined> {
  const basic = await observeLink(host, end, "veth", owner);
  const link = basic && (await showSides(host, end, recorded, basic.link));
  return link && endOf(link, owner);
}

/** Null: its namespace is gone, or has no name any more. */
async function observeFarEnd(
  host: Host,
  { peer, owner }: PairArgs,
  recorded?: PairArgs & { readonly imported?: boolean },
) {
  try {
    const before = recorded?.peer && { ...recorded.peer, ...(recorded.imported && { imported: true }) };
    return peer && (await observeEnd(host, peer, owner, before));
  } catch (error) {
    if (hasCode(error, "LN_NETNS")) return null;
    throw error;
  }
}

/** Removing one end removes both. */
async function removeEnd(host: Host, args: PairArgs, isLost: boolean): Promise<void> {
  await removeLink(host, isLost && args.peer ? args.peer : args);
}
