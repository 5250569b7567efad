const [rows, columns, width, height] = [22, 104, 7.85, 18];
const top = 44;

/** In seconds: the longest pause, the shortest time of a line, and the time of the last picture. */
const [longest, shortest, still] = [1.2, 0.12, 5];

/** The colours of lines, by their text. */
const colours = [
  ["head", /^==/],
  ["made", /^ *\+ /],
  ["gone", /^ *- /],
  ["changed", /^ *~ /],
  ["good", / ok$|as before$|^Nothing to do/],
];

const style = (/** @type {string} */ frames, /** @type {number} */ seconds) => `
text { font: 13px ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre; fill: #24292f }
.back { fill: #f6f8fa; stroke: #d0d7de } .head { font-weight: 600; fill: #0550ae } .made, .good { fill: #116329 }
.gone { fill: #a40e26 } .changed { fill: #7d4e00 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .back { fill: #0d1117; stroke: #30363d } .head { fill: #79c0ff } .made, .good { fill: #7ee787 }
  .gone { fill: #ff7b72 } .changed { fill: #e3b341 }
}
.roll { animation: roll ${seconds.toFixed(2)}s step-end infinite }
@media (prefers-reduced-motion: reduce) { .roll { animation: none } }
@keyframes roll {${frames}}
`;

/**
 * A terminal as a self-contained, animated SVG: new lines appear at the bottom. For readers who prefer no motion, the end
 * is shown.
 * @param {string} title
 * @param {import("./record.mjs").Line[]} lines
 */
export function drawn(title, lines) {
  let now = 0;
  const times = lines.map(({ seconds }, index) => {
    const gap = seconds - (lines[index - 1]?.seconds ?? seconds);
    now += Math.min(longest, Math.max(shortest, gap));
    return now;
  });
  const whole = now + still;
  const at = (/** @type {number} */ count) => `translateY(${(rows - count) * height}px)`;
  const frames = [`0%{transform:${at(0)}}`];
  times.forEach((time, index) => {
    frames.push(`${((100 * time) / whole).toFixed(2)}%{transform:${at(index + 1)}}`);
  });
  const texts = lines.map(({ text }, index) => {
    const name = colours.find(([, pattern]) => /** @type {RegExp} */ (pattern).test(text))?.[0];
    const cut = text.length > columns ? `${text.slice(0, columns - 1)}…` : text;
    return `<text x="16" y="${(index + 1) * height - 5}"${name ? ` class="${name}"` : ""}>${escaped(cut)}</text>`;
  });
  const [right, bottom] = [Math.round(columns * width + 32), rows * height + top + 12];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${right} ${bottom}" width="${right}" height="${bottom}">
<title>${escaped(title)}</title>
<style>${style(frames.join(""), whole)}</style>
<rect class="back" x=".5" y=".5" width="${right - 1}" height="${bottom - 1}" rx="8"/>
<text x="16" y="27" class="head">$ ${escaped(title)}</text>
<clipPath id="screen"><rect width="${right}" height="${rows * height}"/></clipPath>
<g transform="translate(0 ${top})" clip-path="url(#screen)"><g class="roll" style="transform:${at(lines.length)}">
${texts.join("\n")}
</g></g>
</svg>
`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
