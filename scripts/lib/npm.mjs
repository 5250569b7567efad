import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { printLine } from "./cli.mjs";
import { root } from "./paths.mjs";

/**
 * Installs the clone's npm packages, exactly as locked, unless they are installed. A module that imports a package, such as run.mjs,
 * can only be imported after this.
 */
export function ensureNpm() {
  if (isInstalled()) return;
  printLine("Installing npm packages (npm ci)");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`npm ci: exit ${status}`);
}

/** Whether each package is installed in the version of package-lock.json. An optional one may be missing. */
function isInstalled() {
  /** @type {[path: string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }][]} */
  const locked = Object.entries(read("package-lock.json").packages);
  return locked
    .filter(([path, { link }]) => path.includes("node_modules/") && !link)
    .every(([path, { version, optional, devOptional }]) => {
      const installed = read(join(path, "package.json"))?.version;
      return installed === version || (installed === undefined && (optional || devOptional));
    });
}

/** @param {string} path of a JSON file */
function read(path) {
  const file = join(root, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}
