import { LocalnetError } from "../../errors";
import type { Box, Edge, Frame, Graph, GraphNode } from "./graph";

/** The position of a node, in pixels. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly (Place & { readonly frame: Frame })[];
  readonly boxes: readonly (Place & { readonly box: Box })[];
  readonly nodes: readonly (Place & { readonly node: GraphNode })[];
  readonly edges: readonly { readonly edge: Edge; readonly points: readonly { x: number; y: number }[] }[];
}

/** The part of elkjs's input and output that is used here. */
interface ElkNode extends Partial<Place> {
  readonly id: string;
  readonly layoutOptions?: Record<string, string>;
  readonly children?: readonly ElkNode[];
  readonly edges?: readonly ElkEdge[];
}
interface ElkEdge {
  readonly id: string;
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  readonly sections?: readonly { startPoint: Point; bendPoints?: readonly Point[]; endPoint: Point }[];
}
type Point = { readonly x: number; readonly y: number };

/** Pixels: width of a character, height of a line, space around a text. */
const [charWidth, lineHeight, margin] = [7.3, 17, 8];

const options = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.json.edgeCoords": "ROOT",
  "elk.json.shapeCoords": "ROOT",
  // Keep the nodes in the order of their names.
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.spacing.nodeNode": "14",
  "elk.spacing.componentComponent": "24",
  "elk.layered.spacing.nodeNodeBetweenLayers": "48",
  "elk.layered.mergeEdges": "true",
};

/** Lays a graph out with ELK, which supports nested boxes. */
export async function layOut({ frames, boxes, edges }: Graph): Promise<Layout> {
  const Elk = loadElk();
  const boxesIn = (frame: string | undefined) => boxes.filter((box) => box.frame === frame).map(boxNode);
  const graph: ElkNode = {
    id: "root",
    layoutOptions: options,
    children: [...frames.map(({ id, label }) => container(id, label, boxesIn(id))), ...boxesIn(undefined)],
    edges: edges.map(({ id, from, to }) => ({ id, sources: [from], targets: [to] })),
  };
  const laid = await new Elk().layout(graph);
  const places = new Map(all(laid).map((each) => [each.id, placeOf(each)]));
  const edgeOf = new Map(edges.map((edge) => [edge.id, edge]));
  const at = (id: string) => places.get(id) ?? { x: 0, y: 0, width: 0, height: 0 };
  return {
    ...{ width: laid.width ?? 0, height: laid.height ?? 0 },
    frames: frames.map((frame) => ({ ...at(frame.id), frame })),
    boxes: boxes.map((box) => ({ ...at(box.id), box })),
    nodes: boxes.flatMap(({ nodes }) => nodes.map((node) => ({ ...at(node.id), node }))),
    edges: (laid.edges ?? []).flatMap(({ id, sections = [] }) => {
      const edge = edgeOf.get(id);
      const points = sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [
        startPoint,
        ...bendPoints,
        endPoint,
      ]);
      return edge ? [{ edge, points }] : [];
    }),
  };
}

function boxNode({ id, label, nodes }: Box): ElkNode {
  const children = nodes.map((node) => ({
    ...{ id: node.id, width: Math.max(60, ...node.lines.map(widthOf)) + 2 * margin },
    height: node.lines.length * lineHeight + 2 * margin,
  }));
  return container(id, label, children);
}

/** Space for its label above its contents. */
function container(id: string, label: string, children: readonly ElkNode[]): ElkNode {
  const least = { width: widthOf(label) + 2 * margin, height: 46 };
  return {
    id,
    layoutOptions: {
      "elk.padding": "[top=34,left=12,bottom=12,right=12]",
      "elk.nodeSize.constraints": "MINIMUM_SIZE",
      "elk.nodeSize.minimum": `(${least.width}, ${least.height})`,
    },
    ...(children.length === 0 && least),
    children,
  };
}

function all({ children = [] }: ElkNode): ElkNode[] {
  return children.flatMap((each) => [each, ...all(each)]);
}

function widthOf(text: string): number {
  return text.length * charWidth;
}

function placeOf({ x = 0, y = 0, width = 0, height = 0 }: ElkNode): Place {
  return { x, y, width, height };
}

/** elkjs is 8 MB that only pictures need, so users install it themselves. */
function loadElk(): new () => { layout(graph: ElkNode): Promise<ElkNode> } {
  try {
    const { default: Elk } = require("elkjs/lib/elk.bundled.js");
    return Elk;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw cause;
    const hint = "npm install elkjs; --format mermaid and --format dot need none";
    throw new LocalnetError("LN_TOOL", "the package elkjs is missing, which lays the picture out", { hint });
  }
}
