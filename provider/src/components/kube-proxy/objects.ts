import type { KubeProxyNodeArgs } from "./args";
import { checkNode } from "./check";
import { iptablesObjects } from "./iptables";
import { ipvsObjects } from "./ipvs";
import { nftablesObjects } from "./nftables";
import type { Planned } from "./plan";

/** All objects of a node, in an order in which they can be made. What is wrong with its inputs is an error. */
export function objectsOf(subject: string, args: KubeProxyNodeArgs): Planned[] {
  const node = checkNode(subject, args);
  return { ipvs: ipvsObjects, iptables: iptablesObjects, nftables: nftablesObjects }[node.mode](node);
}
