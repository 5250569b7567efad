/** Nodes and cables by their names. */
export interface Graph {
  readonly nodes: readonly string[];
  readonly cables: readonly Cable[];
}

export interface Cable {
  readonly name: string;
  /** The nodes at its ends, the near one first. */
  readonly ends: readonly [string, string];
}

export function leafSpine(spines: number, leaves: number): Graph {
  const [upper, lower] = [numbered("spine", spines), numbered("leaf", leaves)];
  // The cables are in the order of the leaves, so that another leaf does not change the addresses of the present ones.
  return { nodes: [...upper, ...lower], cables: lower.flatMap((leaf) => upper.map((spine) => cable(leaf, spine))) };
}

export function line(routers: number): Graph {
  const nodes = numbered("router", routers);
  return { nodes, cables: nodes.slice(1).map((node, index) => cable(nodes[index] ?? "", node)) };
}

export function ring(routers: number): Graph {
  const { nodes, cables } = line(routers);
  return { nodes, cables: [...cables, cable(`router${routers}`, "router1")] };
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index + 1}`);
}

function cable(near: string, far: string): Cable {
  return { name: `${near}-${far}`, ends: [near, far] };
}

/** The nodes at the other ends of a node's cables, and their index in `ends`. */
export function neighboursOf<C extends Cable>(
  cables: readonly C[],
  node: string,
): { cable: C; node: string; end: number }[] {
  return cables.flatMap((cable) => {
    const [near, far] = cable.ends;
    return [
      ...(node === near ? [{ cable, node: far, end: 1 }] : []),
      ...(node === far ? [{ cable, node: near, end: 0 }] : []),
    ];
  });
}

/** The distance of each node, in cables, from the nearest target. A node without a path has no entry. */
export function distancesTo(cables: readonly Cable[], targets: readonly string[]): ReadonlyMap<string, number> {
  const distances = new Map(targets.map((node) => [node, 0]));
  // The loop also visits the entries that are added to the map while it runs.
  for (const [node, distance] of distances)
    for (const next of neighboursOf(cables, node))
      if (!distances.has(next.node)) distances.set(next.node, distance + 1);
  return distances;
}
