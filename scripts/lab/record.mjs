import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { withLock } from "../lib/lock.mjs";
import { runDirectory } from "../lib/paths.mjs";

const file = join(runDirectory, "lab.json");

/**
 * @typedef {object} Record what is remembered while a lab is up
 * @property {import("./place.mjs").Where} where
 * @property {string} boot identifies the time since that place was started
 * @property {import("../snapshot/snapshot.mjs").Snapshot} before
 */

/** @returns {Record | undefined} */
export function readRecord() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return undefined;
    throw error;
  }
}

/** @param {Record} record */
export function writeRecord(record) {
  writeFileSync(file, JSON.stringify(record, undefined, 1), { mode: 0o600 });
}

export function removeRecord() {
  rmSync(file, { force: true });
}

/**
 * Does something with the lab while no other command does.
 * @param {() => Promise<number>} action
 */
export function exclusively(action) {
  mkdirSync(runDirectory, { recursive: true });
  return withLock(join(runDirectory, "lab.lock"), action, () =>
    printLine("Waiting for another command of the lab to end"),
  );
}
