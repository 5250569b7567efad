import type { Box, Frame, Graph, GraphNode } from "./graph";

// Two text forms of a graph, which other programs lay out: mermaid, shown by GitHub and many editors, and Graphviz's dot.

/** The shape of each kind of node in mermaid: the characters around its text. */
const shapes: Record<GraphNode["kind"], [string, string]> = {
  link: ["[", "]"],
  bridge: ["[[", "]]"],
  service: ["([", "])"],
  process: ["(", ")"],
  barrier: ["{{", "}}"],
};

export function mermaid(graph: Graph): string {
  const drawn = (box: Box) => [
    `  subgraph ${box.id}[${quoted(box.label)}]`,
    ...box.nodes.map(
      ({ id, kind, lines }) => `    ${id}${shapes[kind][0]}${quoted(lines.join("\n"))}${shapes[kind][1]}`,
    ),
    "  end",
  ];
  const lines = inFrames(graph, drawn, ({ id, label }, content) => [
    `  subgraph ${id}[${quoted(label)}]`,
    ...content,
    "  end",
  ]);
  const { edges } = graph;
  const arrows = { cable: "---", port: "-.-", backend: "-->", overlay: "===" } as const;
  const cables = edges.map(({ from, to, kind }) => `  ${from} ${arrows[kind]} ${to}`);
  return `${["flowchart LR", ...lines, ...cables].join("\n")}\n`;
}

/** Mermaid reads HTML in a text: special characters are written by their number. */
function quoted(text: string): string {
  const safe = text.replace(/["&<>#`\\]/g, (char) => `#${char.charCodeAt(0)};`);
  return `"${safe.replaceAll("\n", "<br>")}"`;
}

/** The lines of all boxes; if there are several hosts, inside those of their frames. */
function inFrames(
  { frames, boxes }: Graph,
  drawn: (box: Box) => string[],
  framed: (frame: Frame, content: readonly string[]) => string[],
): string[] {
  const of = (frame: string | undefined) => boxes.filter((box) => box.frame === frame).flatMap(drawn);
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  return [...frames.flatMap((frame) => framed(frame, indented(of(frame.id)))), ...of(undefined)];
}

export function dot(graph: Graph): string {
  const dotShapes = { link: "box", bridge: "box3d", service: "ellipse", process: "component", barrier: "octagon" };
  const drawn = (box: Box) => [
    `  subgraph cluster_${box.id} {`,
    `    label=${dotted(box.label)};`,
    ...box.nodes.map(
      ({ id, kind, lines }) => `    ${id} [shape=${dotShapes[kind]}, label=${dotted(lines.join("\n"))}];`,
    ),
    // Graphviz would draw no box for an empty namespace.
    ...(box.nodes.length === 0 ? [`    ${box.id}_empty [style=invis, label=""];`] : []),
    "  }",
  ];
  const lines = inFrames(graph, drawn, ({ id, label }, content) => [
    `  subgraph cluster_${id} {`,
    `    label=${dotted(label)};`,
    ...content,
    "  }",
  ]);
  const { edges } = graph;
  const styles = {
    ...{ cable: "dir=none", port: "dir=none, style=dashed", backend: "dir=forward" },
    overlay: "dir=none, style=bold",
  } as const;
  const cables = edges.map(({ from, to, kind }) => `  ${from} -> ${to} [${styles[kind]}];`);
  return `${["digraph lab {", "  rankdir=LR;", '  node [fontname="sans-serif"];', ...lines, ...cables, "}"].join("\n")}\n`;
}

function dotted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}
