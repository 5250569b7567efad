import { printLine } from "../lib/cli.mjs";
import { inColumns } from "../lib/columns.mjs";

/**
 * @typedef {{ status: string, fullName: string, ancestorTitles: string[] }} Assertion
 * @typedef {{ name: string, status: string, message: string, assertionResults: Assertion[] }} TestFile
 * @typedef {{ testResults: TestFile[] }} Report what jest writes
 */

/** Counts what passed and failed, in layers and in checks outside of jest. */
export class Tally {
  passed = 0;
  failed = 0;
  /** @type {string[]} names of what failed, which the summary repeats */
  failures = [];
  /** @type {string[]} names of tests that this kernel cannot run */
  skipped = [];
  /** @type {string[]} names of tests that did not run after a failure in the same case */
  cut = [];
  /** @type {[name: string, seconds: number][]} */
  times = [];

  /** @param {string} name */
  pass(name) {
    this.passed += 1;
    printLine(`passed: ${name}`);
  }

  /**
   * @param {string} name
   * @param {string} [why]
   */
  fail(name, why = "") {
    this.failed += 1;
    this.failures.push(name);
    printLine(`FAILED: ${name}${why ? `\n${why}` : ""}`);
  }

  /**
   * Adds the time that a layer or a check took.
   * @param {string} name
   * @param {number} seconds
   */
  time(name, seconds) {
    this.times.push([name, seconds]);
  }

  /**
   * Adds the results of a layer.
   * @param {import("./layers.mjs").Layer} layer
   * @param {Report | undefined} report
   */
  add({ name: layer, allowSkips }, report) {
    const files = report?.testResults ?? [];
    for (const file of files) this.#addFile(layer, file, allowSkips ?? false);
    const tests = files.flatMap((file) => file.assertionResults);
    if (!tests.some(({ status }) => status === "passed" || status === "failed")) this.fail(`${layer}: no test ran`);
  }

  /**
   * @param {string} layer
   * @param {TestFile} file
   * @param {boolean} allowSkips
   */
  #addFile(layer, { name: path, status, message, assertionResults: tests }, allowSkips) {
    const failed = tests.filter((test) => test.status === "failed");
    for (const { status, fullName, ancestorTitles } of tests) {
      const name = `${layer}: ${fullName}`;
      if (status === "passed") this.passed += 1;
      else if (status === "failed") this.fail(name);
      else if (failed.some((test) => test.ancestorTitles[0] === ancestorTitles[0])) this.cut.push(name);
      else if (allowSkips) this.skipped.push(name);
      else this.fail(`${layer}: skipped: ${fullName}`);
    }
    // In a file that does not compile, or whose clean-up fails, no test fails.
    if (status === "failed" && failed.length === 0)
      this.fail(`${layer}: ${path.split("/").slice(-2).join("/")}`, message);
  }

  /** The text at the end of a run. */
  summary() {
    const total = this.times.reduce((sum, [, seconds]) => sum + seconds, 0);
    const times = [...this.times, /** @type {const} */ (["in all", total])];
    const lines = [
      inColumns(times.map(([name, seconds]) => [name, `${Math.round(seconds)} s`.padStart(7)])),
      ...this.skippedSuites().map((name) => `left out: ${name}`),
      ...this.cut.map((name) => `not run after a failure: ${name}`),
      ...this.failures.map((name) => `FAILED: ${name}`),
    ];
    return [...lines, `${this.passed} passed, ${this.failed} failed`].join("\n");
  }

  /** The suites, with their reasons in parentheses, rather than each of their tests. */
  skippedSuites() {
    const names = this.skipped.map((name) => /^.*?\(this kernel .*?\)/.exec(name)?.[0] ?? name);
    return [...new Set(names)].map((name) => `${name}: ${names.filter((each) => each === name).length} tests`);
  }
}
