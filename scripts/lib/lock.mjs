import { once } from "node:events";
import { start } from "./run.mjs";

/** If the lock takes longer than this, in milliseconds, another process holds it. */
const patienceMilliseconds = 300;

/**
 * Runs an action under a lock between processes. The kernel holds the lock for a `flock` that
 * ends with this process, so a dead process never holds it. The file stays, since removing it would let two processes in.
 * @template T
 * @param {string} path the lock's file
 * @param {() => Promise<T>} action
 * @param {() => void} [waiting] called when another process has the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, action, waiting) {
  // In its own process group: Ctrl-C must not end the lock before the action.
  const holder = start(["flock", path, "cat"], { stdio: "pipe", buffer: false, detached: true });
  const { stdin, stdout } = holder;
  if (!stdin || !stdout) throw new Error("flock got no pipes");
  const timer = waiting && setTimeout(waiting, patienceMilliseconds);
  try {
    // cat runs once the lock is held, and then answers.
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
