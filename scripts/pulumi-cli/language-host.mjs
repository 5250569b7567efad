import { realpathSync } from "node:fs";
import { rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { cache } from "../lib/paths.mjs";
import { publish } from "../lib/publish.mjs";
import { isExecutable, which } from "../lib/which.mjs";

/**
 * @typedef {object} LanguageHost
 * @property {string} language as it is said to users
 * @property {string} name of the command
 * @property {string} version what is built where there is none; the go.mod of the same folder names it too
 * @property {import("./build.mjs").Build} build
 */

/**
 * Finds what runs programs of a language, or builds it. Official releases of the CLI hold it.
 * @param {string} directory that of the CLI
 * @param {LanguageHost} host
 * @returns {Promise<string[]>} the folders to put on PATH, after that of the CLI
 */
export async function ensureLanguageHost(directory, { language, name, version, build }) {
  const target = join(cache, `${name}-${version}`);
  const built = join(target, "bin", name);
  const beside = join(directory, name);
  const path = isExecutable(beside) ? beside : which(name);
  const real = path && realpathSync(path);
  // One that was built here, if only for an older version, is of no account.
  if (real && !basename(dirname(dirname(real))).startsWith(`${name}-`)) return [];

  await publish(target, async (unfinished) => {
    printLine(
      `The Pulumi CLI has no ${language} language host: building ${version} from its Go modules (a few minutes)`,
    );
    await build(unfinished, version, (line) => printLine(`  ${line}`));
    printLine(`  The ${language} language host is in ${target}`);
  });
  // The CLI warns of a language host that is on PATH and not beside itself.
  if (dirname(dirname(directory)) !== cache) return [dirname(built)];
  if (real !== realpathSync(built)) await link(built, beside);
  return [];
}

/**
 * Puts a link in place, all at once.
 * @param {string} target
 * @param {string} path
 */
async function link(target, path) {
  const unfinished = `${path}.${process.pid}`;
  await rm(unfinished, { force: true });
  await symlink(relative(dirname(path), target), unfinished);
  await rename(unfinished, path);
}
