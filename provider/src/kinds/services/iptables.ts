import { nodeTables, routeLocalnet } from "./iptables-node";
import { servicePort } from "./iptables-service";
import { isOfFamily, type Node } from "./node";
import type { Planned } from "./plan";
import { portals } from "./portals";

/** All objects of a node in mode iptables, in an order in which they can be made. */
export function iptablesObjects(node: Node): Planned[] {
  const objects = node.families.toSorted().flatMap((family) => {
    const tables = nodeTables(family);
    for (const portal of portals(node, isOfFamily(family))) servicePort(tables, portal);
    return tables.objects;
  });
  return [...(node.families.includes("ipv4") ? [routeLocalnet] : []), ...objects];
}
