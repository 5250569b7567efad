import { join } from "node:path";
import { root, type Snapshot, Stack, snapshot } from "./engine";
import { hitDown, hitUp, points, progressOf, type Way, ways } from "./hits";
import { Sandbox } from "./sandbox";

/** How many points, spread evenly over the lines that the CLI prints: of up and of destroy, for each signal. */
const count = Number(process.env.LOCALNET_TEST_POINTS ?? 3);

describe.each(ways)("%s to the CLI", (way: Way) => {
  let sandbox: Sandbox;
  let stack: Stack;
  let before: Snapshot;
  let length: { up: number; down: number };
  const seen = () => snapshot([], sandbox.inside);

  beforeEach(async () => {
    sandbox = await Sandbox.open();
    stack = new Stack(join(root, "test/fixtures/pods"), "test", {}, sandbox.inside);
    before = await seen();
    await stack.init({ name: "k", net: "77" });
  });
  afterEach(async () => {
    await sandbox.close();
    stack.forget();
  });

  test("not sent at all: the lines to be hit are counted", async () => {
    length = await progressOf(stack);
    expect(length).toEqual({ up: 30, down: 30 });
    expect(await seen()).toEqual(before);
  });

  test.each(points(count))(
    "at %f of up, and of destroy: the next one goes on, and nothing is left or twice",
    async (at) => {
      await hitUp(stack, way, Math.ceil(at * length.up));
      await stack.up();
      await stack.unchanged();
      expect(await stack.pending()).toEqual([]);
      await hitDown(stack, way, Math.ceil(at * length.down));
      await stack.destroy();
      expect(await seen()).toEqual(before);
    },
  );
});
