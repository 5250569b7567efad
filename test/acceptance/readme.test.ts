import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./engine";
import { bringsUpAndDown } from "./whole-program";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "localnet-readme-"));
  const [, program = ""] =
    /## A program\n.*?```ts\n(.*?)```/s.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  writeFileSync(join(directory, "index.ts"), program);
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "readme", main: "index.ts" }));
  writeFileSync(join(directory, "Pulumi.yaml"), "name: readme\nruntime: nodejs\n");
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("README's program, as it stands", () => bringsUpAndDown(() => directory));
