import { z } from "zod";
import { defineKind } from "../../core/kind";
import { at, parseAt } from "../../schema/fields";
import { showPeer } from "../../tools/ip/link-peers";
import { showLink } from "../../tools/ip/links";
import { configureLink, creation } from "./ensure";
import { importableInputs, linkOutputs, listLinks, newLink, observeStableLink } from "./link";
import { type LinkArgs, linkRules, portRules } from "./options";
import { ensureSides } from "./side-inputs";
import { type LinkChange, waitUntilUsable } from "./usable";
import { endOf, type ObservedPair, observeEnd, observeFarEnd, pairArgs, pairOf, removeEnd } from "./veth-ends";

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
