import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./engine";
import { bringsUpAndDown } from "./whole-program";

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "localnet-readme-"));
  const template = join(root, "templates/localnet-typescript");
  const answers = ["--name", "readme", "--description", "A lab", "--dir", directory];
  const made = await run(["pulumi", "new", template, "--generate-only", "--yes", "--force", ...answers]);
  expect(made).toMatchObject({ code: 0 });
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
});
afterAll(() => rmSync(directory, { recursive: true }));

test("what pulumi new makes of the template is README's program, and it compiles", async () => {
  const [, program] = /## A program\n.*?```ts\n(.*?)```/s.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  expect(readFileSync(join(directory, "index.ts"), "utf8")).toBe(program);
  expect(JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))).toMatchObject({ name: "readme" });
  expect(await run(["npx", "tsc", "-p", "."], { cwd: directory })).toMatchObject({ code: 0, stdout: "" });
});

describe("README's program, as it stands", () => bringsUpAndDown(() => directory));
