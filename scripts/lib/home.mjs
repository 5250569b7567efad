import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Runs an action with a folder that is removed after it.
 * @template T
 * @param {string} name
 * @param {(home: string) => Promise<T>} work
 */
export async function inThrowawayHome(name, work) {
  const home = mkdtempSync(join(tmpdir(), `localnet-${name}-`));
  try {
    return await work(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
