import { printLine } from "../lib/cli.mjs";
import { output } from "../lib/run.mjs";
import { difference, snapshot } from "../snapshot/snapshot.mjs";

/** Areas in which others on this host change things all the time, and the kernel loads modules for a tool. */
const ignored = /^(processes|modules): /;

/** The names of what tests make, in this run or in another one at the same time. */
const madeByTests = /\blnt[0-9a-z]{6}/;

const mostShown = 5;

/** The host's state, as far as tests could change it. */
export function hostState() {
  return snapshot((argv) => output(argv));
}

/**
 * Fails where this run left something, or changed what was there. What others did at the same time is told, and no failure.
 * @param {import("./tally.mjs").Tally} tally
 * @param {import("../snapshot/snapshot.mjs").Snapshot} before
 * @param {import("../snapshot/snapshot.mjs").Snapshot} after
 * @param {string} mark what is in the names of all that this run makes
 */
export function compareHost(tally, before, after, mark) {
  const lines = difference(before, after).filter((line) => !ignored.test(line));
  const traces = lines.filter((line) => couldBeOurs(line, mark));
  const others = lines.filter((line) => !traces.includes(line));
  const shown = others.filter((line) => /^(links|namespaces): /.test(line)).slice(0, mostShown);
  if (others.length > 0) {
    printLine(
      `Others changed this host meanwhile, in ${others.length} lines, such as\n${(shown.length > 0 ? shown : others.slice(0, 1)).join("\n")}`,
    );
  }
  if (traces.length > 0) tally.fail("the host is as before", traces.join("\n"));
  else tally.pass("the host is as before");
}

/**
 * What bears the mark is ours. What is new without it is not, since tests make nothing else outside of namespaces of their
 * own. A value that changed, and what is gone, may be a test's fault, unless it belonged to tests of another run.
 * @param {string} line
 * @param {string} mark
 */
function couldBeOurs(line, mark) {
  if (line.includes(mark)) return true;
  if (/^\w+: new: /.test(line) || madeByTests.test(line)) return false;
  // Namespaces, what is in them, and the ledger's entries come and go with those who use them.
  return !/^(namespaces|files): gone: |^\w+: gone: \S+: /.test(line);
}
