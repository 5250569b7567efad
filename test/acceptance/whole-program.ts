import { changes, type Snapshot, Stack, snapshot } from "./engine";
import { Sandbox } from "./sandbox";

/** A program of a folder on a host of its own: up, nothing more to do, destroy. Its probes see what it is there to show. */
export function bringsUpAndDown(folder: () => string): void {
  let sandbox: Sandbox;
  let stack: Stack;
  let before: Snapshot;
  const seen = () => snapshot([], sandbox.inside);

  beforeAll(async () => {
    sandbox = await Sandbox.open();
    stack = new Stack(folder(), "test", {}, sandbox.inside);
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
}
