import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./engine";
import { bringsUpAndDown } from "./whole-program";

// Unit tests hold README's program against that of the template.
const template = join(root, "templates/localnet-typescript");
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "localnet-readme-"));
  const answers = ["--name", "readme", "--description", "A lab", "--dir", directory];
  const made = await run(["pulumi", "new", template, "--generate-only", "--yes", "--force", ...answers]);
  expect(made).toMatchObject({ code: 0 });
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
});
afterAll(() => rmSync(directory, { recursive: true }));

test("what pulumi new makes of the template is the program, under the name that was asked for, and it compiles", async () => {
  const file = (name: string, folder = directory) => readFileSync(join(folder, name), "utf8");
  expect(file("index.ts")).toBe(file("index.ts", template));
  expect(JSON.parse(file("package.json"))).toMatchObject({ name: "readme" });
  expect(await run(["npx", "tsc", "-p", "."], { cwd: directory })).toMatchObject({ code: 0, stdout: "" });
});

describe("README's program, as it stands", () => bringsUpAndDown(() => directory));
