import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { root } from "../lib/paths.mjs";
import { interactive, output } from "../lib/run.mjs";
import { functionDeclarations } from "./function-types.mjs";
import { errors, reference } from "./markdown.mjs";
import { readModel } from "./model.mjs";
import { packageSchema } from "./schema.mjs";
import { shapes } from "./shapes.mjs";
import { nativeResources, resources } from "./types.mjs";

/**
 * Generates from the kinds: the classes that users import, and the tables of the documentation.
 * @param {{ checkOnly: boolean }} options `checkOnly`: nothing is written, and a file that is out of date is a failure
 * @returns {Promise<number>} the exit code
 */
export async function generate({ checkOnly }) {
  // Files that are out of date may not compile. The output is written all the same.
  let built = await build();
  const model = readModel();
  const manifest = JSON.parse(await readFile(join(root, "provider/package.json"), "utf8"));
  const current = new Map([
    ["provider/src/generated/resources.ts", await formatted(resources(model))],
    ["provider/src/generated/functions.ts", await formatted(functionDeclarations(model))],
    ["provider/src/generated/shapes.ts", await formatted(shapes(model))],
    ["provider/src/generated/native-resources.ts", await formatted(nativeResources(model))],
    ["provider/schema.json", await formatted(packageSchema(model, manifest), "provider/schema.json")],
    ["docs/reference.md", reference(model)],
    ["docs/errors.md", errors(model)],
  ]);

  /** @type {string[]} */
  const stale = [];
  for (const [path, text] of current) if ((await textOf(path)) !== text) stale.push(path);

  if (checkOnly) {
    for (const path of stale) printLine(`${path} is out of date`);
    if (stale.length) printLine("please run: npm run generate");
    return built && stale.length === 0 ? 0 : 1;
  }
  for (const path of stale) await writeFile(join(root, path), current.get(path) ?? "");
  printLine(stale.length ? `written: ${stale.join(", ")}` : "all is up to date");
  if (stale.length) built = await build();
  return built ? 0 : 1;
}

async function build() {
  const code = await interactive([process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-b", "provider"], {
    cwd: root,
  });
  return code === 0;
}

/** Formats a file like the rest of the tree. @param {string} source */
function formatted(source, path = "provider/src/index.ts") {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const argv = [biome, "format", `--stdin-file-path=${path}`];
  return output([process.execPath, ...argv], { cwd: root, input: source });
}

/** @param {string} path */
async function textOf(path) {
  return existsSync(join(root, path)) ? readFile(join(root, path), "utf8") : undefined;
}
