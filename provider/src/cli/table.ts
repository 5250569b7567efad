import { oneLine } from "../text";

/** Characters between two columns. */
const gap = 2;
/** Columns are not cut to less than this. */
const least = 8;

/** Lays out rows under their headings. If they are wider than the terminal, the widest columns are cut, shown by "…". */
export function table(headings: readonly string[], rows: readonly (readonly string[])[], width = Infinity): string {
  const all = [headings, ...rows].map((row) => row.map(oneLine));
  // Leaves out empty columns.
  const kept = headings.flatMap((_, column) => (rows.some((row) => row[column]) ? [column] : []));
  const cells = all.map((row) => kept.map((column) => row[column] ?? ""));
  const widths = fit(
    kept.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))),
    width - gap * (kept.length - 1),
  );
  const lines = cells.map((row) => row.map((cell, column) => cut(cell, widths[column] ?? 0)).join(" ".repeat(gap)));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** The widths, the widest ones reduced until all fit. */
function fit(widths: readonly number[], room: number): number[] {
  const fitted = [...widths];
  for (let over = fitted.reduce((sum, each) => sum + each, 0) - room; over > 0; over--) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if ((fitted[widest] ?? 0) <= least) break;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
  return fitted;
}

function cut(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, width - 1)}…` : cell.padEnd(width);
}
