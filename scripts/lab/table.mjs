import { inColumns } from "../lib/columns.mjs";

/** @param {{ must: string, saw: string }} row */
export function isAsExpected({ must, saw }) {
  return must === saw;
}

/**
 * @param {(import("./stack.mjs").Row & { without?: string | undefined })[]} rows
 * @returns {string}
 */
export function table(rows) {
  const stages = rows.some(({ stage }) => stage !== undefined);
  return inColumns([
    [...(stages ? ["stage"] : []), "from and what", "must be seen", "was seen", ""],
    ...rows.map((row) => [
      ...(stages ? [`${row.stage}${row.without ? ` without ${row.without}` : ""}`] : []),
      row.probe,
      row.must,
      row.saw,
      isAsExpected(row) ? "ok" : "NOT OK",
    ]),
  ]);
}
