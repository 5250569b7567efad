import { output } from "../lib/run.mjs";
import { difference as all, areas, snapshot } from "../snapshot/snapshot.mjs";

/** What others on this host change meanwhile, and what loading a module for a tool adds. */
const ignored = new Set(["processes", "modules"]);

/** The host's state, as far as tests could change it. */
export function hostState() {
  return snapshot((argv) => output(argv));
}

/**
 * @param {import("../snapshot/snapshot.mjs").Snapshot} before
 * @param {import("../snapshot/snapshot.mjs").Snapshot} after
 */
export function difference(before, after) {
  const kept = areas.filter((area) => !ignored.has(area));
  return all(before, after).filter((line) => kept.some((area) => line.startsWith(`${area}: `)));
}
