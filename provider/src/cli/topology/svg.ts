import type { Layout } from "./layout";

/** Colours by purpose. Not every viewer supports CSS variables, so the rules contain the colours themselves. */
const light = {
  ...{ back: "#ffffff", text: "#1c2128", box: "#f3f5f8", line: "#b9c2cd", cable: "#6b7785", changed: "#c62828" },
  ...{ link: "#ffffff", bridge: "#dbe9ff", service: "#e0f3dc", process: "#fff3d6", barrier: "#ffe0dd" },
};
const dark: typeof light = {
  ...{ back: "#0f141a", text: "#e8edf3", box: "#181f28", line: "#3d4a58", cable: "#8494a5", changed: "#ff8a80" },
  ...{ link: "#222c38", bridge: "#1d3557", service: "#1d3f2a", process: "#46391a", barrier: "#572a28" },
};

function rules({ back, text, box, line, cable, changed, ...fills }: typeof light): string {
  const nodes = Object.entries(fills).map(([kind, fill]) => `.${kind} rect{fill:${fill}}`);
  return [
    `.back{fill:${back}} text{fill:${text}} .box rect{fill:${box};stroke:${line}} .node rect{stroke:${line}}`,
    `.frame rect{fill:none;stroke:${cable}} .edge{stroke:${cable}} marker path{fill:${cable}}`,
    ...nodes,
    `.changed>rect{stroke:${changed};stroke-width:2.5}`,
  ].join(" ");
}

const style = `
text{font:12px ui-monospace,"DejaVu Sans Mono",monospace} .box text{font-weight:bold}
.edge,.area{fill:none;stroke-width:1.5} .port{stroke-dasharray:4 3} .overlay{stroke-width:3;stroke-dasharray:10 5}
.area{stroke:transparent;stroke-width:12} .frame rect{stroke-width:1.5;stroke-dasharray:2 4}
${rules(light)}
@media (prefers-color-scheme: dark){${rules(dark)}}`;

/** The picture as a standalone SVG. Nodes with these ids are drawn as different from the state. */
export function svg({ width, height, frames, boxes, nodes, edges }: Layout, changed = new Set<string>()): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  const lines = edges.map(({ edge, points }) => {
    const path = points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
    const end = edge.kind === "backend" ? ' marker-end="url(#arrow)"' : "";
    // The wide line is invisible, and easier to click.
    return `<g class="wire" id="${edge.id}" data-from="${edge.from}" data-to="${edge.to}"><path class="area" d="${path}"/><path class="edge ${edge.kind}" d="${path}"${end}/></g>`;
  });
  const outer = frames.map(
    ({ frame, x, y, width, height }) =>
      `<g class="box frame" id="${frame.id}">${rect(x, y, width, height, 12)}${text(x + 12, y + 21, frame.label)}</g>`,
  );
  const inner = boxes.map(({ box, x, y, width, height }) => {
    const button = `tabindex="0" role="button" aria-label="${escapeXml(`namespace ${box.label}`)}"`;
    const mark = changed.has(box.id) ? " changed" : "";
    return `<g class="box${mark}" id="${box.id}"${box.objects.length > 0 ? ` ${button}` : ""}>${rect(x, y, width, height, 8)}${text(x + 12, y + 21, box.label)}</g>`;
  });
  const things = nodes.map(({ node, x, y, width, height }) => {
    const words = node.lines.map((line, index) => text(x + 8, y + 20 + 17 * index, line)).join("");
    const round = { link: 4, bridge: 4, service: 16, process: 10, barrier: 0 }[node.kind];
    const label = escapeXml(`${node.kind} ${node.lines.join(" ")}`);
    const mark = changed.has(node.id) ? " changed" : "";
    return `<g class="node ${node.kind}${mark}" id="${node.id}" tabindex="0" role="button" aria-label="${label}">${rect(x, y, width, height, round)}${words}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="lab" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="The lab">
<style>${style}</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
<rect class="back" width="${w}" height="${h}"/>
${[...outer, ...inner, ...lines, ...things].join("\n")}
</svg>
`;
}

function rect(x: number, y: number, width: number, height: number, radius: number): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}"/>`;
}

function text(x: number, y: number, words: string): string {
  return `<text x="${round(x)}" y="${round(y)}">${escapeXml(words)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Escapes a text: names come from others, and must not end a text or an attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
