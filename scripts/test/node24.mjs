import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { output } from "../lib/run.mjs";

/**
 * Gets Node 24, from npm's packages of it.
 * @returns {Promise<string>} the folder to put on PATH
 */
export async function ensureNode24() {
  if (process.version.startsWith("v24.")) return "";
  const name = `node-linux-${process.arch}`;
  const target = await publish(join(cache, `node-24-${process.arch}`), async (directory) => {
    printLine("Getting Node 24");
    await output([
      "npm",
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefix",
      directory,
      `${name}@24`,
    ]);
  });
  return join(target, "node_modules", name, "bin");
}
