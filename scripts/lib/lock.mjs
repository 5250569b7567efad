import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./run.mjs";

/**
 * Does something while no other process does anything under the same lock.
 * @template T
 * @param {string} path the lock's file
 * @param {() => Promise<T>} action
 * @param {() => void} [waiting] called when it takes until another process is done
 * @returns {Promise<T>}
 */
export async function withLock(path, action, waiting) {
  if (!take(path) && !take(path)) {
    waiting?.();
    while (!take(path)) await sleep(200);
  }
  try {
    return await action();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
  }
  if (!holderLives(path)) rmSync(path, { force: true });
  return false;
}

/** @param {string} path */
function holderLives(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    return !pid || isAlive(pid);
  } catch {
    return false;
  }
}
