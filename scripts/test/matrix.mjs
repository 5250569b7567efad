import { inColumns } from "../lib/columns.mjs";

/**
 * @typedef {{ status: string, title: string, ancestorTitles: string[] }} Assertion
 * @typedef {{ faults?: string[], kind: string, fault: string, cell?: "impossible" | "open", why?: string, tried?: number, converged?: number, leaking?: number }} Note
 */

/** A table of kinds by faults, from the results of the layers of faults and the notes that their tests write. */
export class Matrix {
  /** @type {Map<string, { passed: number, failed: number }>} */
  tests = new Map();
  /** @type {Note[]} */
  notes = [];

  /**
   * Adds a report of jest, whose tests are named "KIND: ..." and "FAULT: ...", and the notes.
   * @param {{ testResults: { assertionResults: Assertion[] }[] } | undefined} report
   * @param {string} notes lines of JSON
   */
  add(report, notes) {
    this.notes.push(
      ...notes
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    );
    for (const { status, title, ancestorTitles } of (report?.testResults ?? []).flatMap(
      (file) => file.assertionResults,
    )) {
      const cell = `${before(ancestorTitles[0] ?? "")}/${before(title)}`;
      const { passed, failed } = this.tests.get(cell) ?? { passed: 0, failed: 0 };
      this.tests.set(cell, {
        passed: passed + Number(status === "passed"),
        failed: failed + Number(status !== "passed"),
      });
    }
  }

  get faults() {
    return this.notes.find(({ faults }) => faults)?.faults ?? [];
  }

  get kinds() {
    return [...new Set(this.notes.map(({ kind }) => kind))];
  }

  /** The table, with a row for each fault, and the reasons for its cells. */
  print() {
    const { kinds, faults } = this;
    /** @type {string[]} */
    const reasons = [];
    const rows = faults.map((fault) => {
      const cells = kinds.map((kind) => this.cell(kind, fault, reasons));
      const counts = this.notes.filter((note) => note.fault === fault && note.tried);
      const sum = (/** @type {"tried" | "converged" | "leaking"} */ key) =>
        counts.reduce((total, note) => total + (note[key] ?? 0), 0);
      return [fault, ...cells, counts.length ? `${sum("tried")} / ${sum("converged")} / ${sum("leaking")}` : ""];
    });
    const table = [["", ...kinds, "points tried / converged / leaking"], ...rows];
    return [inColumns(table), ...reasons.map((why, index) => `${index + 1}: ${why}`)].join("\n");
  }

  /** The cells with neither a test nor a reason. */
  get empty() {
    const filled = (/** @type {string} */ kind, /** @type {string} */ fault) =>
      this.tests.has(`${kind}/${fault}`) ||
      this.notes.some((note) => note.kind === kind && note.fault === fault && note.cell);
    return this.kinds.flatMap((kind) =>
      this.faults.filter((fault) => !filled(kind, fault)).map((fault) => `${kind}: ${fault}`),
    );
  }

  /** @param {string} kind @param {string} fault @param {string[]} reasons */
  cell(kind, fault, reasons) {
    const { passed, failed } = this.tests.get(`${kind}/${fault}`) ?? { passed: 0, failed: 0 };
    if (failed > 0) return "FAIL";
    const notes = this.notes.filter((note) => note.kind === kind && note.fault === fault && note.cell);
    const open = notes.find((note) => note.cell === "open");
    if (open) return `open ${number(reasons, `open: ${open.why}`)}`;
    if (passed > 0) return "pass";
    return notes[0] ? `- ${number(reasons, `impossible because ${notes[0].why}`)}` : "FAIL";
  }
}

/** @param {string[]} reasons @param {string} why */
function number(reasons, why) {
  if (!reasons.includes(why)) reasons.push(why);
  return reasons.indexOf(why) + 1;
}

/** @param {string} title */
function before(title) {
  return title.slice(0, title.indexOf(":"));
}
