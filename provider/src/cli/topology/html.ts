import { visibleJson } from "../../text";
import type { ObjectState } from "../compare";
import type { Graph } from "./graph";
import type { LabObject } from "./object";
import { escapeXml } from "./svg";

const style = `
  html { color-scheme: light dark; }
  body { margin: 0; font: 14px system-ui, sans-serif; background: light-dark(#fff, #0f141a); color: light-dark(#1c2128, #e8edf3);
    display: grid; grid-template: auto 1fr / 1fr auto; height: 100vh; }
  header { grid-column: 1 / 3; display: flex; gap: 8px; align-items: center; padding: 8px 12px; border-bottom: 1px solid light-dark(#c4ccd6, #36424f); }
  header input { flex: 0 1 260px; font: inherit; padding: 4px 8px; }
  header button { font: inherit; min-width: 32px; padding: 4px 8px; }
  main { overflow: auto; cursor: grab; }
  aside { width: 340px; overflow: auto; padding: 12px; border-left: 1px solid light-dark(#c4ccd6, #36424f); }
  aside[hidden] { display: none; }
  aside pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; }
  .node, .box[role], .wire { cursor: pointer; }
  svg g:focus { outline: none; } svg g:focus > rect, .chosen > rect, .wire:hover .edge, .chosen .edge { stroke: light-dark(#0a58ca, #79b0ff) !important; stroke-width: 3; }
  .state { font-weight: bold; } .differs, .gone { color: light-dark(#c62828, #ff8a80); }
  .found .node:not(.hit) { opacity: 0.25; }`;

/** Zoom, search and details of a node, by mouse and by keyboard. It fetches nothing. */
const script = `
  const svg = document.querySelector("svg"), main = document.querySelector("main"), panel = document.querySelector("aside");
  const search = document.querySelector("input"), hits = document.querySelector("output");
  const facts = JSON.parse(document.querySelector("#facts").textContent);
  const [width, height] = [svg.width.baseVal.value, svg.height.baseVal.value];
  let scale = 1;
  const zoom = (next) => {
    const centre = [(main.scrollLeft + main.clientWidth / 2) / scale, (main.scrollTop + main.clientHeight / 2) / scale];
    scale = Math.min(8, Math.max(0.05, next));
    svg.setAttribute("width", width * scale); svg.setAttribute("height", height * scale);
    main.scrollTo(centre[0] * scale - main.clientWidth / 2, centre[1] * scale - main.clientHeight / 2);
  };
  // Small at first, because scroll bars take space.
  const fit = () => { zoom(0.05); zoom(Math.min(1.5, main.clientWidth / width, main.clientHeight / height)); };
  const choose = (node) => {
    document.querySelectorAll(".chosen").forEach((each) => each.classList.remove("chosen"));
    panel.hidden = !node;
    if (!node) return;
    node.classList.add("chosen");
    panel.replaceChildren(...facts[node.id].flatMap((fact) => {
      const parts = [["h2", fact.type + " " + fact.name], ["p", fact.id]];
      if (fact.state) parts.push(["p", fact.state, "state " + fact.state], ...fact.remarks.map((each) => ["p", each, fact.state]));
      parts.push(["pre", JSON.stringify(fact.inputs, null, 2)], ["p", fact.shows]);
      return parts.map(([tag, textContent, className = ""]) => Object.assign(document.createElement(tag), { textContent, className }));
    }));
  };
  const find = () => {
    const word = search.value.trim().toLowerCase();
    const nodes = [...document.querySelectorAll(".node")];
    for (const node of nodes) node.classList.toggle("hit", word !== "" && (node.textContent + JSON.stringify(facts[node.id])).toLowerCase().includes(word));
    const found = document.querySelectorAll(".hit");
    svg.classList.toggle("found", word !== "");
    hits.textContent = word === "" ? "" : found.length + " found";
    found[0]?.scrollIntoView({ block: "center", inline: "center" });
  };
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") document.querySelector(".hit")?.focus(); });
  document.addEventListener("click", (event) => { const node = event.target.closest(".node, .wire, .box[role]"); if (node || event.target.closest("main")) choose(node); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { choose(null); search.value = ""; find(); }
    if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { "+": () => zoom(scale * 1.25), "-": () => zoom(scale / 1.25), 0: fit, "/": () => search.focus() };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
    if ((event.key === "Enter" || event.key === " ") && event.target.matches(".node, .box[role]")) { event.preventDefault(); choose(event.target); }
  });
  main.addEventListener("wheel", (event) => { if (event.ctrlKey) { event.preventDefault(); zoom(scale * (event.deltaY < 0 ? 1.1 : 1 / 1.1)); } }, { passive: false });
  main.addEventListener("pointermove", (event) => { if (event.buttons === 1) main.scrollBy(-event.movementX, -event.movementY); });
  for (const button of document.querySelectorAll("button")) button.addEventListener("click", () => ({ in: () => zoom(scale * 1.25), out: () => zoom(scale / 1.25), fit })[button.value]());
  fit();`;

/** One page with the picture, which needs nothing else. `looked`: the present condition of the objects. */
export function html(
  { boxes, edges }: Graph,
  picture: string,
  title: string,
  looked: readonly ObjectState[] = [],
): string {
  const states = new Map(looked.map((each) => [each.object, each]));
  const fact = (object: LabObject, shows: string) => {
    const { type, name, id, inputs } = object;
    const { state, remarks = [] } = states.get(object) ?? {};
    return {
      type,
      name,
      id,
      inputs,
      ...(state && state !== "-" && { state, remarks }),
      shows: `npx localnet ${shows}`,
    };
  };
  const ofNode = new Map(
    boxes.flatMap(({ nodes }) =>
      nodes.map(({ id, kind, objects }) => {
        const isLink = kind === "link" || kind === "bridge";
        return [id, objects.map((each) => fact(each, isLink ? `capture ${each.name}` : "ls"))] as const;
      }),
    ),
  );
  const ofBox = boxes.map(({ id, objects }) => [id, objects.map((each) => fact(each, `shell ${each.name}`))] as const);
  // A cable stands for the resources at its ends, which may be the same.
  const ofEdge = edges.map(({ id, from, to }) => {
    const both = [...(ofNode.get(from) ?? []), ...(ofNode.get(to) ?? [])];
    return [id, [...new Map(both.map((each) => [`${each.type} ${each.id}`, each])).values()]] as const;
  });
  const facts = Object.fromEntries([...ofNode, ...ofBox, ...ofEdge]);
  const changed = looked.filter(({ state }) => state === "differs" || state === "gone").length;
  const note = looked.length === 0 ? "" : changed === 0 ? "all as the state says" : `${changed} not as the state says`;
  // Escapes in JSON what could end the element.
  const json = visibleJson(facts).replace(/</g, "\\u003c");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeXml(title)}</title>
<style>${style}</style>
<header><strong>${escapeXml(title)}</strong>
<input type="search" placeholder="Search: name, address (/)" aria-label="Search"><output></output><span>${note}</span>
<button value="out" aria-label="Smaller (-)">−</button><button value="in" aria-label="Larger (+)">+</button><button value="fit" aria-label="All of it (0)">Fit</button>
</header>
<main>${picture}</main>
<aside hidden aria-live="polite"></aside>
<script type="application/json" id="facts">${json}</script>
<script>${script}</script>
</html>
`;
}
