import { join } from "node:path";
import { changes, root, type Snapshot, Stack, snapshot } from "./engine";
import { natively } from "./providers";
import { Sandbox } from "./sandbox";

const program = "examples/two-namespaces";
const plugin = natively(program);
let sandbox: Sandbox;
let stack: Stack;
let moved: Stack;
let before: Snapshot;
const seen = () => snapshot([], sandbox.inside);

beforeAll(async () => {
  sandbox = await Sandbox.open();
  stack = new Stack(join(root, program), "test", {}, sandbox.inside);
  // The same stack, of the same project with another import path.
  moved = new Stack(plugin, "test", stack.env, sandbox.inside);
  before = await seen();
  await stack.init();
});
afterAll(async () => {
  await sandbox.close();
  moved.forget();
  stack.forget();
});

/** As README.md says. */
async function move(from: Stack, to: Stack): Promise<void> {
  const made = await seen();
  await from.pulumi(["state", "delete", "--all", "--yes", "--stack", from.name]);
  expect(changes((await to.up()).text)).toEqual({ created: 6 });
  expect(await seen()).toEqual(made);
  await to.unchanged();
}

test("a stack moves from the dynamic provider to the native plugin and back, and the kernel's objects stay", async () => {
  await stack.up();
  await move(stack, moved);
  await move(moved, stack);
});

test("what has moved is destroyed as if it had not", async () => {
  await move(stack, moved);
  await moved.destroy();
  expect(await seen()).toEqual(before);
});
