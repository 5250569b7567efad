import { readdirSync } from "node:fs";
import { join } from "node:path";
import { changes, root, type Snapshot, Stack, snapshot } from "./engine";
import { Sandbox } from "./sandbox";

const folder = join(root, "examples/labs");
const labs = readdirSync(folder, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && entry.name !== "node_modules",
);

/** Every lab of the gallery: its probes see what it is there to show. */
describe.each(labs.map(({ name }) => name))("%s", (name) => {
  let sandbox: Sandbox;
  let stack: Stack;
  let before: Snapshot;
  const seen = () => snapshot([], sandbox.inside);

  beforeAll(async () => {
    sandbox = await Sandbox.open();
    stack = new Stack(join(folder, name), "test", {}, sandbox.inside);
    before = await seen();
    await stack.init();
  });
  afterAll(async () => {
    await sandbox.close();
    stack.forget();
  });

  test("up makes it, and its probes see what they expect", async () => {
    const { created = 0, ...others } = changes((await stack.up()).text);
    expect(created).toBeGreaterThan(0);
    expect(others).toEqual({});
  });

  test("a second preview is empty, also after a refresh", async () => {
    await stack.asRecorded();
    await stack.unchanged();
  });

  test("destroy leaves the host as it was", async () => {
    await stack.destroy();
    expect(await seen()).toEqual(before);
  });
});
