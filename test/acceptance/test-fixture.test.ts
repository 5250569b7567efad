import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./engine";

const folder = join(root, "examples/test-fixture");

test("the commands of the example's README run its tests, with Vitest and with Jest", async () => {
  const text = readFileSync(join(folder, "README.md"), "utf8");
  const [install, ...commands] = /```sh\n(.*?)```/s.exec(text)?.[1]?.trim().split("\n") ?? [];
  // Without npm install: other tests use the installed packages at the same time.
  expect(install).toBe("npm ci");
  expect(commands).toHaveLength(3);
  const result = await run(["sh", "-c", ["set -e", ...commands].join("\n")], {
    env: { ...process.env, NO_COLOR: "1" },
  });
  expect(result.text).toMatch(/Tests +(2 passed|1 passed \| 1 skipped)/);
  expect(result.text).toMatch(/Tests: +1 passed, 1 total/);
  expect(result.text).not.toContain("no namespaces");
  expect(result.code).toBe(0);
});

test("the scripts of its workflow exist", () => {
  const scripts = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).scripts;
  const workflow = readFileSync(join(folder, "github-actions.yml"), "utf8");
  const names = [...workflow.matchAll(/npm run (\S+)/g)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(scripts).toHaveProperty([name]);
});

test("the test in docs/test-fixtures.md passes unchanged", async () => {
  const [, text = ""] = /```ts\n(.*?)```/s.exec(readFileSync(join(root, "docs/test-fixtures.md"), "utf8")) ?? [];
  // In the repository, so that it finds the packages.
  mkdirSync(join(root, ".localnet"), { recursive: true });
  const directory = mkdtempSync(join(root, ".localnet/page-"));
  try {
    writeFileSync(join(directory, "page.test.ts"), `import { expect, test } from "vitest";\n${text}`);
    const argv = ["npx", "vitest", "run", "--root", directory, "--testTimeout", "120000"];
    const result = await run(argv, { env: { ...process.env, NO_COLOR: "1" } });
    expect(result.text).toMatch(/Tests +1 passed/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
