import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { layers } from "../../scripts/test/layers.mjs";

const root = join(__dirname, "../..");

test("docs/testing.md has a row for each layer, with where it runs", () => {
  const text = readFileSync(join(root, "docs/testing.md"), "utf8");
  const where = { test: "`npm test`", all: "`test:all`", demand: "on demand" };
  const rows = [...text.matchAll(/^\| ([\w-]+) \| .+ \| (`npm test`|`test:all`|on demand) \| .+ \|$/gm)];
  expect(rows.map(([, name, place]) => [name, place])).toEqual(layers.map(({ name, run }) => [name, where[run]]));
});

test("each layer with tests of its own has them in a folder", () => {
  for (const { name, project, jest } of layers) {
    if (!project && !jest?.roots) expect(existsSync(join(root, "test", name))).toBe(true);
  }
});
