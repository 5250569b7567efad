import { realpathSync } from "node:fs";
import { rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { isExecutable, which } from "../lib/which.mjs";

/**
 * @typedef {object} LanguageHost
 * @property {string} language the name for users
 * @property {string} name of the command
 * @property {string} version the version to build; go.mod of the same folder has it too
 * @property {import("./build.mjs").Build} build
 */

/**
 * Finds the language host of a language, or builds it. Official releases of the CLI contain it.
 * @param {string} directory the folder of the CLI
 * @param {LanguageHost} host
 * @returns {Promise<string[]>} the folders to put on PATH, after that of the CLI
 */
export async function ensureLanguageHost(directory, { language, name, version, build }) {
  const target = join(cache, `${name}-${version}`);
  const built = join(target, "bin", name);
  const beside = join(directory, name);
  const path = isExecutable(beside) ? beside : which(name);
  const real = path && realpathSync(path);
  // Ignores one that was built here, maybe for an older version.
  if (real && !basename(dirname(dirname(real))).startsWith(`${name}-`)) return [];

  await publish(target, async (unfinished) => {
    printLine(
      `The Pulumi CLI has no ${language} language host: building ${version} from its Go modules (a few minutes)`,
    );
    await build(unfinished, version, (line) => printLine(`  ${line}`));
    printLine(`  The ${language} language host is in ${target}`);
  });
  // The CLI warns about a language host on PATH that is not in its own folder.
  if (dirname(dirname(directory)) !== cache) return [dirname(built)];
  if (real !== realpathSync(built)) await link(built, beside);
  return [];
}

/**
 * Makes a symbolic link atomically.
 * @param {string} target
 * @param {string} path
 */
async function link(target, path) {
  const unfinished = `${path}.${process.pid}`;
  await rm(unfinished, { force: true });
  await symlink(relative(dirname(path), target), unfinished);
  await rename(unfinished, path);
}
