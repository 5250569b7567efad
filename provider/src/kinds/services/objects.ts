import { iptablesObjects } from "./iptables";
import { ipvsObjects } from "./ipvs";
import { nftablesObjects } from "./nftables";
import type { Node } from "./node";
import type { Planned } from "./plan";

/** All objects of a node, in an order in which they can be made. */
export function objectsOf(node: Node): Planned[] {
  return { ipvs: ipvsObjects, iptables: iptablesObjects, nftables: nftablesObjects }[node.mode](node);
}
