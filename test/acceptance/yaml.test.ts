import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changes, root, Stack, snapshot } from "./engine";
import { Sandbox } from "./sandbox";

// Resources as inputs in YAML work as in TypeScript, as far as the engine and its YAML host allow.

const directory = mkdtempSync(join(tmpdir(), "localnet-yaml-"));
let sandbox: Sandbox;

beforeAll(async () => {
  const [, program = ""] = /```yaml\n(name: .*?)```/s.exec(readFileSync(join(root, "docs/languages.md"), "utf8")) ?? [];
  writeFileSync(join(directory, "Pulumi.yaml"), program);
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  sandbox = await Sandbox.open();
});
afterAll(async () => {
  await sandbox?.close();
  rmSync(directory, { recursive: true, force: true });
});

test("the program of docs/languages.md comes up, with the values of its resources, and is destroyed", async () => {
  const before = await snapshot([], sandbox.enterArgv);
  const stack = new Stack(directory, "test", {}, sandbox.enterArgv);
  await stack.init();
  expect((await stack.preview()).text).toContain("7 to create");
  expect(changes((await stack.up()).text)).toEqual({ created: 7 });
  const { resources } = await stack.exported();
  const inputs = Object.fromEntries(resources.map((each) => [each.urn.split("::").pop(), each.inputs]));
  expect(inputs).toMatchObject({
    veth0: { netns: "router", master: "br0", peer: { netns: "pod" } },
    default: { netns: "pod", via: "10.0.0.1", device: "eth0" },
    "pod-answers": { netns: "router", ping: { address: "10.0.0.2" } },
  });
  await stack.unchanged();
  await stack.destroy();
  expect(await snapshot([], sandbox.enterArgv)).toEqual(before);
  stack.removeState();
});
