import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Makes a folder atomically: it is filled under another name and then renamed, so that it exists only when complete.
 * @param {string} target
 * @param {(directory: string) => Promise<void>} fill
 * @returns {Promise<string>} target
 */
export async function publish(target, fill) {
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const unfinished = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    await fill(unfinished);
    await rename(unfinished, target).catch((error) => {
      // Another process was faster, and its folder has the same contents.
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return target;
}
