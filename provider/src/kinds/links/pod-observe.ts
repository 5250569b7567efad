import type { Observed } from "../../core/kind";
import type { Host } from "../../host";
import { pathOf } from "../../host/netns";
import { isPeer } from "../../tools/ip/link-peers";
import type { Link } from "../../tools/ip/links";
import type { LinksAndRoutes } from "../../tools/ip/links-and-routes";
import { newLoopback, type ObservedLoopback } from "../host/loopback";
import { observeNamespace } from "../host/namespace";
import { newLink, type ObservedLink, observedAs } from "./link";
import { type Gateways, gatewaysOf, podLink } from "./pod-routes";

export interface ObservedPod extends Observed {
  readonly owner: string;
  readonly inputs: Gateways & {
    readonly bridge: string | undefined;
    readonly addresses: readonly string[];
    readonly mtu: number | undefined;
    readonly mac: string;
    readonly up: boolean;
    readonly hairpin: boolean;
    readonly impairment: ObservedLink["inputs"]["impairment"];
    readonly loopback?: boolean | undefined;
  };
  readonly detail: ObservedLoopback & {
    /** Does the namespace exist, and does it have a mark? */
    readonly hasNamespace: boolean;
    readonly isMarked: boolean;
    /** Is `eth0` the other end of the link at the bridge? */
    readonly isWhole: boolean;
    /** The two ends, or what is left of the pod's own. */
    readonly near?: ObservedLink | undefined;
    readonly far?: ObservedLink | undefined;
  };
}

/** A pod, from the link at the bridge and the contents of the namespace. */
export async function observedPod(
  host: Host,
  args: { readonly name: string; readonly owner: string },
  link: Link | undefined,
  { links, routes }: LinksAndRoutes,
): Promise<ObservedPod | undefined> {
  const [lo, eth0] = ["lo", podLink].map((name) => links.find(({ ifname }) => ifname === name));
  if (!lo) return undefined;
  const namespace = await observeNamespace(host, args, lo);
  const [near, far] = [link, eth0].map((end) => end && observedAs(end, ["veth"], args.owner));
  const isWhole = link !== undefined && eth0 !== undefined && isPeer(link, eth0);
  const endIfOurs = (end: ObservedLink | undefined) => (isWhole || end?.owner === args.owner ? end : undefined);
  const [one, other] = isWhole && near && far ? [near, far] : [newLink, newLink];
  return {
    owner: namespace.owner,
    inputs: { ...namespace.inputs, ...connectionOf(one, other), ...gatewaysOf(routes) },
    outputs: { ...namespace.outputs, macAddress: other.outputs.macAddress },
    detail: { ...namespace.detail, hasNamespace: true, isWhole, near: endIfOurs(near), far: endIfOurs(far) },
  };
}

/** What is left without the namespace: another owner's link with the name, or ours. */
export function remainsOf({ name }: { readonly name: string }, near: ObservedLink): ObservedPod {
  return {
    owner: near.owner,
    otherKind: true,
    inputs: { ...connectionOf(newLink, newLink), loopback: false, gateway: undefined, gateway6: undefined },
    outputs: { path: pathOf(name), macAddress: "" },
    detail: { hasNamespace: false, isMarked: false, ...newLoopback, isWhole: false, near },
  };
}

/** The inputs that both ends show together. */
function connectionOf(near: ObservedLink, far: ObservedLink) {
  const { addresses, mac, impairment } = far.inputs;
  // An mtu that nobody can ask for: without any, one that is taken away would look as if it were gone already.
  const sameMtu = near.inputs.mtu === far.inputs.mtu ? near.inputs.mtu : 0;
  const mtu = far === newLink ? undefined : sameMtu;
  const { master: bridge, hairpin } = near.inputs;
  return { bridge, hairpin, impairment, addresses, mtu, mac, up: near.inputs.up && far.inputs.up };
}
