import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./engine";
import { bringsUpAndDown } from "./whole-program";

// Unit tests hold README's program against that of the template.
const template = join(root, "templates/localnet-typescript");
const base = mkdtempSync(join(tmpdir(), "localnet-readme-"));
const directory = join(base, "project");

beforeAll(async () => {
  const answers = ["--name", "readme", "--description", "A lab", "--dir", directory];
  const env = { ...process.env, PULUMI_HOME: join(base, "home") };
  const made = await run(["pulumi", "new", template, "--generate-only", "--yes", ...answers], { env });
  expect(made).toMatchObject({ code: 0 });
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
});
afterAll(() => rmSync(base, { recursive: true }));

test("what pulumi new makes of the template is the program, under the name that was asked for, and it compiles", async () => {
  const file = (name: string, folder = directory) => readFileSync(join(folder, name), "utf8");
  expect(file("index.ts")).toBe(file("index.ts", template));
  expect(JSON.parse(file("package.json"))).toMatchObject({ name: "readme" });
  expect(await run(["npx", "tsc", "-p", "."], { cwd: directory })).toMatchObject({ code: 0, stdout: "" });
});

describe("README's program, as it stands", () => bringsUpAndDown(() => directory));
