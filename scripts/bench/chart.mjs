import { contenders, floor } from "./contenders.mjs";

const colours = ["#888888", "#0969da", "#8250df", "#1a7f37", "#9a6700", "#cf222e"];
const width = 860;
const left = 220;
const right = 30;
const top = 66;
const rowHeight = 16;
const titleHeight = 24;
const heading = "Time, as a multiple of the engine floor";

/**
 * Each contender's time as a multiple of the engine floor's, for the largest size of each workload of those that
 * were timed most often: the median as a dot, the minimum and maximum of the rounds as a line.
 * @param {import("./results.mjs").Entry[]} entries
 * @returns {string} an SVG
 */
export function chart(entries) {
  const shown = entries.flatMap((entry) => {
    const { workload, count, ratio, operation, contender } = entry;
    const isPart = operation === "up" || operation === "destroy";
    const sizes = entries.filter((each) => each.workload === workload);
    const rounds = Math.max(...sizes.map(({ seconds }) => seconds.length));
    const often = sizes.filter(({ seconds }) => seconds.length === rounds);
    const isLargest = count === Math.max(...often.map((each) => each.count));
    return ratio && isLargest && !isPart && contender !== floor ? [{ ...entry, ratio }] : [];
  });
  const titleOf = (/** @type {import("./results.mjs").Entry} */ { workload, count, operation }) =>
    `${count} ${workload}: ${operation}`;
  const values = shown.flatMap(({ ratio }) => [ratio.min, ratio.max]);
  const [low, high] = [Math.floor(Math.log10(Math.min(0.5, ...values))), Math.ceil(Math.log10(Math.max(2, ...values)))];
  const x = (/** @type {number} */ ratio) =>
    Math.round(left + ((Math.log10(ratio) - low) / (high - low)) * (width - left - right));

  let y = top;
  /** @type {string[]} */
  const rows = [];
  let title = "";
  for (const entry of shown) {
    if (titleOf(entry) !== title) {
      title = titleOf(entry);
      y += titleHeight;
      rows.push(`<text x="12" y="${y}" font-weight="600">${title}</text>`);
    }
    y += rowHeight;
    const { contender, ratio } = entry;
    const colour = colours[contenders.findIndex(({ name }) => name === contender)];
    rows.push(
      `<text x="24" y="${y}">${contender}</text>`,
      `<text x="${left - 12}" y="${y}" text-anchor="end">${ratio.median < 10 ? ratio.median.toPrecision(2) : ratio.median.toFixed(0)}</text>`,
      `<g stroke="${colour}" fill="${colour}">`,
      `<line x1="${x(ratio.min)}" x2="${x(ratio.max)}" y1="${y - 4}" y2="${y - 4}" stroke-width="3"/>`,
      `<circle cx="${x(ratio.median)}" cy="${y - 4}" r="4"/></g>`,
    );
  }
  const bottom = y + 14;
  const powers = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const axis = powers.flatMap((power) => [
    `<line x1="${x(power)}" x2="${x(power)}" y1="${top}" y2="${bottom}" stroke="${power === 1 ? "#24292f" : "#d0d7de"}"/>`,
    `<text x="${x(power)}" y="${top - 6}" text-anchor="middle">${power}</text>`,
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 10}" font-family="sans-serif" font-size="12" fill="#24292f">`,
    `<title>${heading}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="12" y="24" font-size="15" font-weight="600">${heading}</text>`,
    `<text x="12" y="42">The floor, 1, is the same Pulumi program with resources that do nothing. Dot: median; line: least to greatest of the rounds.</text>`,
    ...axis,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}
