import { statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { interactive, say } from "./run.mjs";

/** Installs the clone's npm packages, exactly as locked, unless they are there already. */
export async function ensureNpm() {
  const installed = modified("node_modules/.package-lock.json");
  if (installed > 0 && installed >= modified("package-lock.json")) return;
  say("Installing npm packages (npm ci)");
  const code = await interactive(["npm", "ci", "--no-audit", "--no-fund"], { cwd: root });
  if (code !== 0) throw new Error(`npm ci: exit ${code}`);
}

/** @param {string} path */
function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
