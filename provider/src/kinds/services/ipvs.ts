import { entriesOf } from "./ipvs-entries";
import { ipvsTables, setRules } from "./ipvs-node";
import { virtualServers } from "./ipvs-servers";
import { isOfFamily, type Node } from "./node";
import type { Planned } from "./plan";
import { portals } from "./portals";

/** What IPVS needs to translate through conntrack, and to forget endpoints that have gone. */
const settings: readonly Planned[] = [
  ["ip_forward", "net/ipv4/ip_forward"],
  ["vs-conntrack", "net/ipv4/vs/conntrack"],
  ["vs-expire-nodest-conn", "net/ipv4/vs/expire_nodest_conn"],
  ["vs-expire-quiescent-template", "net/ipv4/vs/expire_quiescent_template"],
].map(([name = "", key]) => ({ kind: "Sysctl", name, inputs: { key, value: "1" }, after: [] }));

/** All objects of a node in mode ipvs, in an order in which they can be made. */
export function ipvsObjects(node: Node): Planned[] {
  const addresses = node.services.flatMap((each) => [...each.addresses, ...each.externalAddresses]);
  const bits = (address: string) => (address.includes(":") ? 128 : 32);
  // IPVS takes what the host takes for its own: addresses of a link, which need not be up.
  const link: Planned = {
    kind: "Dummy",
    name: "kube-ipvs0",
    inputs: {
      name: "kube-ipvs0",
      up: false,
      addresses: [...new Set(addresses)].map((each) => `${each}/${bits(each)}`),
    },
    after: [],
  };
  const objects = node.families.toSorted().flatMap((family) => {
    const all = portals(node, isOfFamily(family));
    const entries = entriesOf(all);
    const tables = ipvsTables(family, entries);
    setRules(tables, node, entries);
    const before = [...settings.map(({ name }) => name), ...tables.objects.map(({ name }) => name)];
    for (const portal of all) virtualServers(tables, node, portal, [...before, link.name]);
    return tables.objects;
  });
  return [...settings, link, ...objects];
}
