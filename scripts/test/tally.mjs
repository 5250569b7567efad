import { say } from "../lib/cli.mjs";

/** Adds up what passed and what failed, over layers and checks that jest knows nothing of. */
export class Tally {
  passed = 0;
  failed = 0;
  /** @type {string[]} names of what failed, to be shown once more at the end */
  failures = [];
  /** @type {string[]} */
  skipped = [];

  /** @param {string} name */
  pass(name) {
    this.passed += 1;
    say(`passed: ${name}`);
  }

  /**
   * @param {string} name
   * @param {string} [why]
   */
  fail(name, why = "") {
    this.failed += 1;
    this.failures.push(name);
    say(`FAILED: ${name}${why ? `\n${why}` : ""}`);
  }

  /**
   * @typedef {object} Assertion
   * @property {string} status
   * @property {string} fullName
   * @typedef {{ testResults: { name: string, status: string, message: string, assertionResults: Assertion[] }[] }} Report
   *
   * Takes over what jest reports of a layer.
   * @param {string} layer
   * @param {Report | undefined} report
   * @param {boolean} mayskip
   */
  take(layer, report, mayskip) {
    const files = report?.testResults ?? [];
    const tests = files.flatMap((file) => file.assertionResults);
    for (const { status, fullName } of tests) {
      if (status === "passed") this.passed += 1;
      else if (status === "failed") this.fail(`${layer}: ${fullName}`);
      else if (mayskip) this.skipped.push(`${layer}: ${fullName}`);
      else this.fail(`${layer}: skipped: ${fullName}`);
    }
    // A file that does not compile, or whose clean-up fails, has no test of its own that fails.
    for (const { name, status, message, assertionResults } of files) {
      const told = assertionResults.some((each) => each.status === "failed");
      if (status === "failed" && !told) this.fail(`${layer}: ${name.split("/").slice(-2).join("/")}`, message);
    }
    if (!tests.some(({ status }) => status === "passed" || status === "failed")) this.fail(`${layer}: no test ran`);
  }

  /** What a reader wants to see last. */
  summary() {
    const lines = [
      ...this.skippedSuites().map((name) => `left out: ${name}`),
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
