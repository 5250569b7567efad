import { readdirSync } from "node:fs";
import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { root } from "../lib/paths.mjs";
import { interactive } from "../lib/run.mjs";
import { layers } from "./layers.mjs";
import { closeHosts, prepare } from "./prepare.mjs";

/** The layers with tests of single kinds, in this order. In the first two the names of tests have the kind, in the others the names of files. */
const byTest = ["unit", "property"];
const byFile = ["kernel", "faults"];

/**
 * Runs the tests of one kind, layer by layer, and ends after the first layer with a failure, which would cause others.
 * @param {string} kind as users write it
 * @param {{ vm: boolean }} options whether the tests run in a virtual machine
 * @returns {Promise<number>} the exit code
 */
export async function testKind(kind, { vm }) {
  const file = kind.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase();
  const cases = readdirSync(join(root, "test/kernel/cases")).filter((name) => name.startsWith(`${file}.test`));
  if (cases.length === 0) throw new Error(`there is no test/kernel/cases/${file}.test.ts`);
  try {
    const env = { ...process.env, ...(await prepare(vm ? ["packages", "build", "machine"] : ["packages", "build"])) };
    for (const project of [...byTest, ...byFile]) {
      const part = byTest.includes(project)
        ? ["--testNamePattern", `\\b${kind}\\b`]
        : ["--", `/cases/${file}(-[a-z-]+)?\\.test`];
      printLine(`\n== ${project}`);
      const settings = layers.find(({ name }) => name === project)?.env;
      const jest = ["node_modules/.bin/jest", "--selectProjects", project, "--bail", "--passWithNoTests", ...part];
      const code = await interactive(jest, { cwd: root, env: { ...env, ...settings } });
      if (code !== 0) return code;
    }
    return 0;
  } finally {
    await closeHosts();
  }
}
