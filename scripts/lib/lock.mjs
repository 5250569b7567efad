import { once } from "node:events";
import { start } from "./run.mjs";

/** After this time without the lock, somebody else has it. */
const patienceMilliseconds = 300;

/**
 * Does something while no other process does anything under the same lock. The kernel holds the lock for a `flock` that
 * ends with this process, so no dead holder is ever in the way. The file stays: removing it would let two in.
 * @template T
 * @param {string} path the lock's file
 * @param {() => Promise<T>} action
 * @param {() => void} [waiting] called when another process has the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, action, waiting) {
  // A group of its own: Ctrl-C must not end the lock before the action.
  const holder = start(["flock", path, "cat"], { stdio: "pipe", buffer: false, detached: true });
  const { stdin, stdout } = holder;
  if (!stdin || !stdout) throw new Error("flock got no pipes");
  const timer = waiting && setTimeout(waiting, patienceMilliseconds);
  try {
    // cat runs, and answers, once the lock is held.
    stdin.write("held\n");
    await Promise.race([once(stdout, "data"), holder.then(refused)]);
    clearTimeout(timer);
    return await action();
  } finally {
    clearTimeout(timer);
    stdin.end();
    await holder;
  }

  /** @param {{ exitCode?: number | undefined }} result */
  function refused({ exitCode }) {
    throw new Error(`flock ${path}: exit ${exitCode} (flock is in the package util-linux)`);
  }
}
