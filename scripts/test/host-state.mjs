import { printLine } from "../lib/cli.mjs";
import { output } from "../lib/run.mjs";
import { difference, snapshot } from "../snapshot/snapshot.mjs";

/** Parts of the host that always change: processes of others, and modules that the kernel loads for a tool. */
const ignored = /^(processes|modules): /;

/** The names of objects of tests, in this run or in another one at the same time. */
const madeByTests = /\blnt[0-9a-z]{6}/;

const mostShown = 5;

/** The host's state, as far as tests could change it. */
export function hostState() {
  return snapshot((argv) => output(argv));
}

/**
 * Fails if this run left something behind or changed something. Changes by others at the same time are shown, and are no failure.
 * @param {import("./tally.mjs").Tally} tally
 * @param {import("../snapshot/snapshot.mjs").Snapshot} before
 * @param {import("../snapshot/snapshot.mjs").Snapshot} after
 * @param {string} mark part of the names of all objects of this run
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
 * A line with the mark is ours. A new object without it is not, since tests make no other objects outside of their own
 * namespaces. A test may have changed a value or removed an object, unless that belonged to tests of another run.
 * @param {string} line
 * @param {string} mark
 */
function couldBeOurs(line, mark) {
  if (line.includes(mark)) return true;
  if (/^\w+: new: /.test(line) || madeByTests.test(line)) return false;
  // Namespaces with their objects, and entries of the ledger, of others come and go.
  return !/^(namespaces|files): gone: |^\w+: gone: \S+: /.test(line);
}
