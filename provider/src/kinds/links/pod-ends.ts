import { isIP } from "node:net";
import { type Args, inNetns } from "../../core/kind";
import { undefinedWithoutNetns } from "../../errors";
import type { Host } from "../../host";
import { address, ifName, netnsName } from "../../schema/fields";
import { showLink } from "../../tools/ip/links";
import { namespaceArgs } from "../host/namespace";
import { impairment } from "./impairment";
import { type ObservedLink, observeStableLink, removeLink } from "./link";
import { deviceArgs, type LinkArgs, linkArgs, portArgs } from "./options";
import type { ObservedPod } from "./pod-observe";
import { podLink } from "./pod-routes";

export const podArgs = {
  /** Name of the namespace, as `ip netns` lists it, 1 to 64 characters. */
  name: netnsName.meta({ replace: true }),
  /** Bridge that the pod is connected to. */
  bridge: ifName.meta({ reference: "name", of: "bridge" }),
  /** Network namespace of the bridge. Default: the host's own. */
  netns: inNetns.netns.meta({ parent: false }),
  /** Name of the link's end at the bridge, 1 to 15 characters. Default: `veth-` and the pod's name. */
  link: ifName.optional().meta({ replace: true }),
  ...linkArgs,
  ...namespaceArgs,
  /**
   * May the bridge send a frame back to the pod that it came from? A pod needs that to reach itself through a service with
   * NAT. Default: the kernel's choice, false.
   */
  hairpin: portArgs.hairpin,
  /**
   * Impairment of the packets that the pod sends (netem, as the root queueing discipline of `eth0`). Needs the command `tc`.
   * Default: none.
   */
  impairment: deviceArgs.impairment,
  /** Next hop of the IPv4 default route: an address, or a resource that has one. Default: no such route. */
  gateway: address
    .refine((text) => isIP(text) === 4, "must be an IPv4 address")
    .optional()
    .meta({ reference: "address:4", of: "addressed" }),
  /** Next hop of the IPv6 default route: an address, or a resource that has one. Default: no such route. */
  gateway6: address
    .refine((text) => isIP(text) === 6, "must be an IPv6 address")
    .optional()
    .meta({ reference: "address:6", of: "addressed" }),
} as const;

/** The inputs of `eth0` that other commands than ip set. */
export const podSides = [impairment];

type PodArgs = Args<typeof podArgs>;

/** The name of the end at the bridge. */
export function nearName({ name, link }: Pick<PodArgs, "name" | "link">): string {
  return link ?? `veth-${name}`;
}

/** The end at the bridge, with the inputs of a link. */
export function nearOf(args: PodArgs): LinkArgs {
  const { bridge, netns } = args;
  return { name: nearName(args), netns, master: bridge, ...pickKeys(args, "mtu", "up", "hairpin") };
}

export function farOf(args: PodArgs): LinkArgs {
  return { name: podLink, netns: args.name, ...pickKeys(args, "addresses", "mtu", "mac", "up", "impairment") };
}

/** The keys that exist, even if their values were taken away. An input without a key is not changed. */
function pickKeys(args: LinkArgs, ...keys: (keyof LinkArgs)[]): Partial<LinkArgs> {
  return Object.fromEntries(keys.filter((key) => key in args).map((key) => [key, args[key]]));
}

/** Removes ends that do not belong together any more: neither can be restored under its name. */
export async function removeEnds(host: Host, args: PodArgs, { near, far }: ObservedPod["detail"]): Promise<void> {
  if (near) await removeEnd(host, nearOf(args));
  if (far) await removeEnd(host, farOf(args));
}

/** Removes an end that lost the other one. The kernel may be removing it already, a while after the other end's namespace. */
async function removeEnd(host: Host, end: LinkArgs): Promise<void> {
  await removeLink(host, end).catch(async (error) => {
    if (await showLink(host, end.netns, end.name)) throw error;
  });
}

/** The end at the bridge, if it stays: the kernel removes it a while after the pod's namespace. */
export async function stableNearEnd(host: Host, args: PodArgs): Promise<ObservedLink | undefined> {
  return (await undefinedWithoutNetns(() => observeStableLink(host, nearOf(args), "veth", args.owner)))?.observed;
}
