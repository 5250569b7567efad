const colours = { iptables: "#cf222e", ipvs: "#9a6700", nftables: "#0969da" };
const [width, height, left, top] = [1180, 300, 60, 80];
const size = { x: 290, y: 150 };

/** @typedef {import("./bench.mjs").Measured} Measured */

/** @type {[title: string, value: (entry: Measured) => number | undefined][]} */
const panels = [
  // Of one run: what else a machine does is not the same in two of them.
  ["New connection, last service / first service", ({ microseconds: { first, last } }) => last.median / first.median],
  ["All services programmed, s", ({ programSeconds }) => programSeconds],
  ["Kernel's memory for them, MB", ({ kernelKilobytes }) => kernelKilobytes && kernelKilobytes / 1024],
];

/**
 * Of the real kube-proxy, over the number of services: a row for each kernel.
 * @param {import("./bench.mjs").Run[]} runs
 * @returns {string} an SVG
 */
export function chart(runs) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height * runs.length}" font-family="sans-serif" font-size="12" fill="#24292f">`,
    "<title>Services of kube-proxy</title>",
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...runs.flatMap(({ machine, entries }, row) => [
      `<g transform="translate(0 ${height * row})">`,
      `<text x="${left}" y="24">Linux ${machine.kernel}${machine.emulated ? ", emulated" : ""}</text>`,
      ...panels.flatMap(([title, value], column) => {
        const real = entries.filter((each) => each.by === "kube-proxy" && value(each) !== undefined);
        return real.length > 0 ? panel(real, left + (size.x + 90) * column, title, (each) => value(each) ?? 0) : [];
      }),
      "</g>",
    ]),
    "</svg>",
    "",
  ].join("\n");
}

/**
 * @param {Measured[]} entries
 * @param {number} at
 * @param {string} title
 * @param {(entry: Measured) => number} value
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
      (each) =>
        `<text x="${at - 8}" y="${y(each) + 4}" text-anchor="end">${each < 10 ? Number(each.toFixed(1)) : Math.round(each)}</text>`,
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
