import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, Stack } from "./engine";
import { Sandbox } from "./sandbox";

// A function of the plugin runs in every preview, before anything is made.

const program = `name: probe-function
runtime: yaml
plugins:
  providers:
    - name: localnet
      path: ./node_modules/pulumi-localnet/bin
variables:
  answer:
    fn::invoke:
      function: localnet:index:runProbe
      arguments: { ping: { address: 10.98.0.1 }, timeoutSeconds: 1 }
outputs:
  ok: \${answer.ok}
`;

const directory = mkdtempSync(join(tmpdir(), "localnet-probe-"));
let sandbox: Sandbox;
let stack: Stack;

beforeAll(async () => {
  writeFileSync(join(directory, "Pulumi.yaml"), program);
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  sandbox = await Sandbox.open();
  stack = new Stack(directory, "test", {}, sandbox.enterArgv);
  await stack.init();
});
afterAll(async () => {
  stack?.removeState();
  await sandbox?.close();
  rmSync(directory, { recursive: true, force: true });
});

test("each preview checks again whether an address answers, and makes nothing", async () => {
  expect((await stack.preview()).text).toMatch(/ok\s*: false/);
  await sandbox.ip("addr", "add", "10.98.0.1/32", "dev", "lo");
  expect((await stack.preview()).text).toMatch(/ok\s*: true/);
  await sandbox.ip("addr", "del", "10.98.0.1/32", "dev", "lo");
  expect((await stack.preview()).text).toMatch(/ok\s*: false/);
});
