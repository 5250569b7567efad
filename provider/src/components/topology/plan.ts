import { withoutLength } from "../../pulumi/meaning";
import { addressIn, subnet } from "../subnet";
import type { TopologyArgs } from "./args";
import { type Cable, distancesTo, type Graph, neighboursOf } from "./graph";

/** The parts of a topology as plain values. */
interface Plan {
  readonly nodes: readonly PlannedNode[];
  readonly cables: readonly PlannedCable[];
  readonly routes: readonly PlannedRoute[];
}

export interface PlannedNode {
  readonly name: string;
  /** Its own address. */
  readonly loopback?: string;
}

export interface PlannedCable extends Cable {
  /** The addresses of its ends, in the order of the ends. */
  readonly addresses: readonly string[];
  readonly isCut: boolean;
}

export interface PlannedRoute {
  readonly node: string;
  readonly destination: string;
  /** The node's own address, which all others can reach. */
  readonly source?: string;
  readonly nextHops: readonly { readonly via: string; readonly device: string }[];
}

export function planned({ nodes: names, cables: pairs }: Graph, args: TopologyArgs): Plan {
  const { network, loopbacks, routes, cut = [] } = args;
  const cables = pairs.map((cable, index) => {
    const pairNetwork = network && subnet(network, pairLength(network), index);
    return {
      ...cable,
      addresses: pairNetwork ? [addressIn(pairNetwork, 0), addressIn(pairNetwork, 1)] : [],
      isCut: cut.includes(cable.name),
    };
  });
  const nodes = names.map((name, index) => {
    // Some programs take number 0 for the network itself.
    return { name, ...(loopbacks && { loopback: subnet(loopbacks, lengthOf(loopbacks), index + 1) }) };
  });
  const whole = cables.filter(({ isCut }) => !isCut);
  const targets = loopbacks
    ? nodes.map(({ name, loopback = "" }) => ({ destination: loopback, ends: [name] }))
    : whole.map(({ addresses: [first = ""], ends }) => ({ destination: first, ends: [...ends] }));
  return { nodes, cables, routes: routes ? targets.flatMap((target) => routesTo(target, nodes, whole)) : [] };
}

/** The routes from all other nodes to this destination over the shortest paths. */
function routesTo(
  { destination, ends }: { destination: string; ends: readonly string[] },
  nodes: readonly PlannedNode[],
  cables: readonly PlannedCable[],
): PlannedRoute[] {
  const distances = distancesTo(cables, ends);
  return nodes.flatMap(({ name: node, loopback }) => {
    const distance = distances.get(node);
    if (!distance) return [];
    const nextHops = neighboursOf(cables, node)
      .filter((next) => distances.get(next.node) === distance - 1)
      .map(({ cable, node, end }) => ({ via: withoutLength(cable.addresses[end] ?? ""), device: node }));
    return [{ node, destination, ...(loopback && { source: withoutLength(loopback) }), nextHops }];
  });
}

export function isSix(network: string): boolean {
  return network.includes(":");
}

/** The prefix length of a single address. */
export function lengthOf(network: string): number {
  return isSix(network) ? 128 : 32;
}

/** The prefix length of two addresses. */
export function pairLength(network: string): number {
  return lengthOf(network) - 1;
}
