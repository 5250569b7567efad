import type { Seen } from "../../core/kind";
import type { Host } from "../../host";
import type { LinksAndRoutes } from "../../tools/ip/inside";
import { pathOf } from "../../tools/ip/ip";
import { isPeer, type Link } from "../../tools/ip/links";
import { observeNamespace } from "../host/namespace";
import { newLink, type ObservedLink, observedAs } from "./link";
import { type Gateways, gatewaysOf, podLink } from "./pod-routes";

export interface PodSeen extends Seen, Gateways {
  readonly owner: string;
  readonly there: boolean;
  readonly ready: boolean;
  /** Is `eth0` the far end of the link at the bridge? */
  readonly whole: boolean;
  /** The two ends: the pod's own, or what is left of it. */
  readonly near?: ObservedLink | undefined;
  readonly far?: ObservedLink | undefined;
  readonly bridge: string | undefined;
  readonly up: boolean;
}

/** What the link at the bridge, and what is in the namespace, are together. */
export async function seenOf(
  host: Host,
  args: { readonly name: string; readonly owner: string },
  link: Link | undefined,
  { links, routes }: LinksAndRoutes,
): Promise<PodSeen | undefined> {
  const [lo, eth0] = ["lo", podLink].map((name) => links.find(({ ifname }) => ifname === name));
  if (!lo) return undefined;
  const [near, far] = [link, eth0].map((end) => end && observedAs(end, "veth", args.owner));
  const whole = link !== undefined && eth0 !== undefined && isPeer(link, eth0);
  const ours = (end: ObservedLink | undefined) => (whole || end?.owner === args.owner ? end : undefined);
  return {
    ...(await observeNamespace(host, args, lo)),
    ...{ there: true, whole, near: ours(near), far: ours(far) },
    ...(whole && near && far ? connected(near, far) : unconnected),
    ...gatewaysOf(routes),
  };
}

/** Without the namespace there is another's link of the name, or what is left of ours. */
export function remainsOf({ name }: { readonly name: string }, near: ObservedLink): PodSeen {
  const nowhere = { there: false, ready: false, whole: false, alien: true };
  return { ...unconnected, ...nowhere, path: pathOf(name), owner: near.owner, near };
}

const unconnected = { ...connected(newLink, newLink), mtu: undefined };

/** The inputs, as the two ends show them together: two that differ make none. */
function connected(near: ObservedLink, far: ObservedLink) {
  const { addresses, mac, macAddress } = far;
  const mtu = near.mtu === far.mtu ? near.mtu : undefined;
  return { bridge: near.master, addresses, mtu, mac, up: near.up && far.up, macAddress };
}
