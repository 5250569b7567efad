import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { preProcessFile } from "typescript";
import { root, run } from "../acceptance/engine";

const folder = join(root, "provider");
let files: string[];

beforeAll(async () => {
  const { stdout } = await run(["npm", "pack", "--dry-run", "--json", "--workspace", "provider"]);
  files = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path);
});

/** The files of the package that these files import, directly or indirectly. */
function reached(entries: readonly string[], ending: string): Set<string> {
  const visited = new Set<string>();
  for (const queue = [...entries]; queue.length > 0; ) {
    const path = queue.pop() ?? "";
    if (visited.has(path)) continue;
    visited.add(path);
    for (const { fileName } of preProcessFile(readFileSync(join(folder, path), "utf8"), true, true).importedFiles) {
      if (!fileName.startsWith(".")) continue;
      const base = join(dirname(path), fileName);
      const file = [base, `${base}${ending}`, join(base, `index${ending}`)].find((each) => files.includes(each));
      if (!file) throw new Error(`${path} imports ${fileName}, which the package has not`);
      if (file.endsWith(".ts") || file.endsWith(".js")) queue.push(file);
    }
  }
  return visited;
}

test("the package has all declarations that its entries reach, and no others", () => {
  const { typesVersions, types } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const more = Object.values(typesVersions["*"] as Record<string, string[]>).flat();
  const all = reached(
    [types, ...more].map((path) => join(path)),
    ".d.ts",
  );
  expect(files.filter((path) => path.endsWith(".d.ts")).sort()).toEqual([...all].sort());
});

test("the package has all code that its entries reach, no other code, and no sources", () => {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const entries = Object.values(exports as Record<string, string>).filter((path) => path.endsWith(".js"));
  const programs = files.filter((path) => path.startsWith("bin/"));
  const all = reached([...entries.map((path) => join(path)), ...programs], ".js");
  // This is what a file of types compiles to.
  const nothing = /^"use strict";\n(\/\/.*\n)*Object.defineProperty\(exports, "__esModule", \{ value: true \}\);\n$/;
  const others = files.filter((path) => path.startsWith("dist/") && path.endsWith(".js") && !all.has(path));
  expect(others.filter((path) => !nothing.test(readFileSync(join(folder, path), "utf8")))).toEqual([]);
  expect(files.filter((path) => /\.(map|tsbuildinfo)$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
});
