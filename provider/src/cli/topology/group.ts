import type { Box, Graph, GraphNode } from "./graph";

/** More similar pods than this on one bridge are drawn as one box. */
const grouped = 12;

/** Many similar boxes with one cable each to the same neighbour are drawn as one box, which says how many there are. */
export function group(graph: Graph): Graph {
  const boxOf = new Map(graph.boxes.flatMap((box) => box.nodes.map(({ id }) => [id, box] as const)));
  const portOf = new Map(graph.edges.filter(({ kind }) => kind === "port").map(({ from, to }) => [from, to]));
  const alike = new Map<string, Box[]>();
  for (const box of graph.boxes) {
    const cables = graph.edges.filter(({ from, to }) => [from, to].some((id) => boxOf.get(id) === box));
    const [cable] = cables;
    if (!cable || cables.length > 1 || cable.kind !== "cable") continue;
    const far = boxOf.get(cable.from) === box ? cable.to : cable.from;
    const shape = box.nodes
      .map(({ kind }) => kind)
      .sort()
      .join(" ");
    const key = `${portOf.get(far) ?? far} ${shape}`;
    alike.set(key, [...(alike.get(key) ?? []), box]);
  }
  const gone = new Set<string>();
  const merged = new Map<string, GraphNode>();
  const heads = new Map<string, Pick<Box, "label" | "objects">>();
  for (const boxes of alike.values()) {
    const [first, last] = [boxes[0], boxes.at(-1)];
    if (!first || !last || boxes.length <= grouped) continue;
    const label = `${boxes.length} namespaces: ${first.label} to ${last.label}`;
    heads.set(first.id, { label, objects: boxes.flatMap(({ objects }) => objects) });
    for (const each of boxes.slice(1)) gone.add(each.id);
    const farEnds = boxes.flatMap((box) => farNodes(graph, box));
    for (const nodes of [...first.nodes.keys()]
      .map((index) => boxes.flatMap(({ nodes }) => nodes[index] ?? []))
      .concat([farEnds])) {
      const [kept, ...rest] = nodes;
      // If all cables end at one node, nothing has to be merged there.
      if (!kept || rest.every(({ id }) => id === kept.id)) continue;
      merged.set(kept.id, mergeNodes(nodes));
      for (const { id } of rest) gone.add(id);
    }
  }
  const boxes = graph.boxes
    .filter(({ id }) => !gone.has(id))
    .map((box) => ({
      ...{ ...box, ...heads.get(box.id) },
      nodes: box.nodes.filter(({ id }) => !gone.has(id)).map((node) => merged.get(node.id) ?? node),
    }));
  return { ...graph, boxes, edges: graph.edges.filter(({ from, to }) => !gone.has(from) && !gone.has(to)) };
}

/** The other ends of a box's cables. */
function farNodes({ boxes, edges }: Graph, { nodes }: Box): GraphNode[] {
  const inBox = new Set(nodes.map(({ id }) => id));
  const far = edges.flatMap(({ from, to }) =>
    inBox.has(from) === inBox.has(to) ? [] : inBox.has(from) ? [to] : [from],
  );
  return boxes.flatMap((box) => box.nodes).filter(({ id }) => far.includes(id));
}

/** One node for many: each of its lines shows the text of the first and of the last. */
function mergeNodes(nodes: readonly GraphNode[]): GraphNode {
  const [first, last] = [nodes[0], nodes.at(-1)] as [GraphNode, GraphNode];
  const lines = first.lines.map((line, index) => {
    const until = last.lines[index];
    return until === undefined || until === line ? line : `${line} to ${until}`;
  });
  return { ...first, lines, objects: nodes.flatMap(({ objects }) => objects) };
}
