import type { Values } from "../../core/values";
import { entriesOf } from "./ipvs-entries";
import { ipvsTables, setRules } from "./ipvs-node";
import { virtualServers } from "./ipvs-servers";
import { isOfFamily, type Node } from "./node";
import type { Family, Planned, Tables } from "./plan";
import { type Portal, portals } from "./portals";

/** What IPVS needs to translate through conntrack, and to forget endpoints that have gone. */
export const settings: readonly Planned[] = [
  ["ip_forward", "net/ipv4/ip_forward"],
  ["vs-conntrack", "net/ipv4/vs/conntrack"],
  ["vs-expire-nodest-conn", "net/ipv4/vs/expire_nodest_conn"],
  ["vs-expire-quiescent-template", "net/ipv4/vs/expire_quiescent_template"],
].map(([name = "", key]) => ({ kind: "Sysctl", name, inputs: { key, value: "1" }, after: [] }));

/** IPVS takes what the host takes for its own: addresses of a link, which need not be up. */
export const link = "kube-ipvs0";

export function onLink(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}

/** What an IP version has beside its virtual servers: sets, chains, and the rules for what is in the sets. */
export function ipvsBase(node: Node, family: Family, all: readonly Portal[]): Tables {
  const entries = entriesOf(all);
  const tables = ipvsTables(family, entries);
  setRules(tables, node, entries);
  return tables;
}

/** All objects of a node in mode ipvs, in an order in which they can be made. */
export function ipvsObjects(node: Node): Planned[] {
  const addresses = node.services.flatMap((each) => [...each.addresses, ...each.externalAddresses]);
  const inputs: Values = { name: link, up: false, addresses: [...new Set(addresses)].map(onLink) };
  const objects = node.families.toSorted().flatMap((family) => {
    const all = portals(node, isOfFamily(family));
    const tables = ipvsBase(node, family, all);
    const before = [...settings.map(({ name }) => name), ...tables.objects.map(({ name }) => name)];
    for (const portal of all) virtualServers(tables, node, portal, [...before, link]);
    return tables.objects;
  });
  return [...settings, { kind: "Dummy", name: link, inputs, after: [] }, ...objects];
}
