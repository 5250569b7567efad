/** @param {{ must: string, saw: string }} row */
export function holds({ must, saw }) {
  return must === saw;
}

/**
 * @param {(import("./stack.mjs").Row & { without?: string | undefined })[]} rows
 * @returns {string}
 */
export function table(rows) {
  const stages = rows.some(({ stage }) => stage !== undefined);
  const lines = [
    [...(stages ? ["stage"] : []), "from and what", "must be seen", "was seen", ""],
    ...rows.map((row) => [
      ...(stages ? [`${row.stage}${row.without ? ` without ${row.without}` : ""}`] : []),
      row.probe,
      row.must,
      row.saw,
      holds(row) ? "ok" : "NOT OK",
    ]),
  ];
  const width = (/** @type {number} */ column) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
  const widths = lines[0]?.map((_, column) => width(column)) ?? [];
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
