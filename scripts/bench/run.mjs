import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sandboxAt } from "./places.mjs";

/** @typedef {import("./contenders.mjs").Operation} Operation */

/**
 * Runs a workload with one contender, from an empty host back to an empty host, in its own sandbox.
 * @template T
 * @param {import("./contenders.mjs").Contender} contender
 * @param {Omit<import("./contenders.mjs").Task, "directory">} task
 * @param {string} base a folder for what it writes
 * @param {(sandbox: import("../lib/sandbox.mjs").Sandbox, command: import("./measure.mjs").Command, directory: string) => Promise<T>} measure
 * @returns {Promise<{ measured: Map<Operation, T>, state: import("./contenders.mjs").State | undefined }>}
 */
export async function runOnce({ prepare }, task, base, measure) {
  const directory = mkdtempSync(join(base, "run-"));
  const sandbox = await sandboxAt(task.place);
  try {
    const { commands, state, env = task.env } = await prepare({ ...task, directory });
    /** @type {Map<Operation, T>} */
    const measured = new Map();
    let recorded;
    const remote = task.place.vm !== undefined;
    for (const [operation, argv] of Object.entries(commands)) {
      measured.set(/** @type {Operation} */ (operation), await measure(sandbox, { argv, env, remote }, directory));
      if (operation === "up") recorded = await state?.();
    }
    return { measured, state: recorded };
  } finally {
    await sandbox.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
