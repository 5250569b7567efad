const colours = { iptables: "#cf222e", ipvs: "#9a6700", nftables: "#0969da" };
const [width, height, left, top] = [860, 300, 60, 60];
const size = { x: 320, y: 190 };

/**
 * The time of a new connection to the last service, and the time to program all, over the number of services.
 * @param {import("./bench.mjs").Measured[]} entries
 * @returns {string} an SVG
 */
export function chart(entries) {
  const real = entries.filter(({ by }) => by === "kube-proxy");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#24292f">`,
    "<title>Services of kube-proxy</title>",
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...panel(
      real,
      left,
      "New connection to the last service, median µs",
      ({ microseconds }) => microseconds.last.median,
    ),
    ...panel(real, left + size.x + 90, "All services programmed, s", ({ programSeconds }) => programSeconds),
    "</svg>",
    "",
  ].join("\n");
}

/**
 * @param {import("./bench.mjs").Measured[]} entries
 * @param {number} at
 * @param {string} title
 * @param {(entry: import("./bench.mjs").Measured) => number} value
 */
function panel(entries, at, title, value) {
  const [most, highest] = [Math.max(...entries.map(({ count }) => count)), Math.max(...entries.map(value))];
  const x = (/** @type {number} */ count) =>
    Math.round(at + (Math.log10(count) / Math.max(1, Math.log10(most))) * size.x);
  const y = (/** @type {number} */ each) => Math.round(top + size.y * (1 - each / highest));
  const counts = [...new Set(entries.map(({ count }) => count))];
  const modes = /** @type {(keyof typeof colours)[]} */ ([...new Set(entries.map(({ mode }) => mode))]);
  return [
    `<text x="${at}" y="${top - 30}" font-weight="600">${title}</text>`,
    ...[0, highest].map(
      (each) => `<text x="${at - 8}" y="${y(each) + 4}" text-anchor="end">${Math.round(each)}</text>`,
    ),
    `<path d="M${at} ${top}V${top + size.y}H${at + size.x}" fill="none" stroke="#8c959f"/>`,
    `<text x="${at + size.x / 2}" y="${top + size.y + 36}" text-anchor="middle">services</text>`,
    ...counts.map((count) => `<text x="${x(count)}" y="${top + size.y + 18}" text-anchor="middle">${count}</text>`),
    ...modes.flatMap((mode, index) => {
      const ofMode = entries.filter((each) => each.mode === mode);
      const points = ofMode.map((each) => `${x(each.count)},${y(value(each))}`).join(" ");
      return [
        `<polyline points="${points}" fill="none" stroke="${colours[mode]}" stroke-width="2"/>`,
        `<text x="${at + 12 + 90 * index}" y="${top - 10}" fill="${colours[mode]}">${mode}</text>`,
      ];
    }),
  ];
}
