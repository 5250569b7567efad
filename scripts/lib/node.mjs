import { existsSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./paths.mjs";
import { publish } from "./publish.mjs";
import { output, say } from "./run.mjs";

/**
 * Gets another version of Node, which npm carries as a package for each platform.
 * @param {string} version a major version
 * @returns {Promise<string>} the folder to put on PATH
 */
export async function ensureNode(version) {
  const target = join(cache, `node-${version}`);
  const name = `node-${process.platform}-${process.arch}`;
  if (!existsSync(target)) {
    say(`Getting Node ${version} (npm package ${name})`);
    await publish(target, async (directory) => {
      await output(["npm", "install", "--prefix", directory, "--no-save", "--ignore-scripts", `${name}@${version}`]);
    });
  }
  return join(target, "node_modules", name, "bin");
}
