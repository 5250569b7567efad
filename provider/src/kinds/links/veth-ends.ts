import { z } from "zod";
import { type Args, inNetns, type Observed } from "../../core/kind";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { ifName } from "../../schema/fields";
import { isPeer } from "../../tools/ip/link-peers";
import type { Link } from "../../tools/ip/links";
import { type ObservedLink, observedAs, observeLink, removeLink } from "./link";
import { deviceArgs, type LinkArgs, linkArgs, portArgs } from "./options";
import { showSides } from "./side-inputs";

/** Inputs of each end. */
const end = {
  ...inNetns,
  ...portArgs,
  ...linkArgs,
  ...deviceArgs,
} as const;

export const pairArgs = {
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

export interface ObservedPair extends Observed {
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

export function endOf(link: Link | undefined, owner: string): Required<End> | undefined {
  return link && { link, observed: observedAs(link, ["veth"], owner) };
}

/** Only the far end of this pair counts, not any link with its name. */
export function pairOf(near: End, far: Required<End> | undefined, isLost = false): ObservedPair {
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

export async function observeEnd(
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
export async function observeFarEnd(
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
export async function removeEnd(host: Host, args: PairArgs, isLost: boolean): Promise<void> {
  await removeLink(host, isLost && args.peer ? args.peer : args);
}
