import { changes, type Snapshot, Stack } from "./engine";
import { openSandbox, type Place } from "./place";

/** Runs the program of a folder on a separate host: up, an empty preview, destroy. Its probes check what it is meant to show. */
export function bringsUpAndDown(folder: () => string, open: () => Promise<Place> = () => openSandbox()): void {
  let place: Place;
  let stack: Stack;
  let before: Snapshot;

  beforeAll(async () => {
    place = await open();
    stack = new Stack(folder(), "test", {}, place.enterArgv);
    before = await place.snapshot();
    await stack.init(place.config);
  });
  afterAll(async () => {
    await place.cleanUp(stack);
    await place.close();
  });

  test("up makes it, and its probes succeed", async () => {
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
    expect(await place.snapshot()).toEqual(before);
  });
}
