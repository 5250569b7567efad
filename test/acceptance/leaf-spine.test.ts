import { join } from "node:path";
import { changes, root, type Snapshot, Stack } from "./engine";
import { openSandboxWithFrr, type Place } from "./place";

let place: Place;
let stack: Stack;
let before: Snapshot;

beforeAll(async () => {
  place = await openSandboxWithFrr();
  stack = new Stack(join(root, "examples/leaf-spine"), "test", {}, place.enterArgv);
  before = await place.snapshot();
  await stack.init();
});
afterAll(async () => {
  await place?.cleanUp(stack);
  await place?.close();
});

/** The spines through which the first leaf reaches the last server. */
async function ways(): Promise<string[]> {
  const { stdout } = await place.exec(["ip", "-n", "fabric-leaf1", "route", "show", "10.1.3.0/24"]);
  return [...stdout.matchAll(/dev (\w+)/g)].map(([, device = ""]) => device).sort();
}

const answers = () => place.exec(["ip", "netns", "exec", "server1", "ping", "-c", "1", "-W", "5", "10.1.3.2"]);

test("up makes it, and packets have a way over each spine", async () => {
  expect(changes((await stack.up()).text)).toEqual({ created: 49 });
  expect(await stack.outputs()).toEqual({ seen: { ways: ["spine1", "spine2"], answers: 1 } });
  expect(await ways()).toEqual(["spine1", "spine2"]);
  expect(await answers()).toMatchObject({ code: 0 });
});

test("a second preview is empty, also after a refresh, although the daemons have added routes", async () => {
  await stack.asRecorded();
  await stack.unchanged();
});

test("up cuts a link in place, and the other way remains", async () => {
  await stack.set({ cut: "leaf1-spine2" });
  expect(changes((await stack.up()).text)).toEqual({ updated: 3, unchanged: 46 });
  expect(await ways()).toEqual(["spine1"]);
  expect(await answers()).toMatchObject({ code: 0 });
  await stack.asRecorded();
});

test("up repairs it, and both ways are back", async () => {
  await stack.unset("cut");
  expect(changes((await stack.up()).text)).toEqual({ updated: 3, unchanged: 46 });
  expect(await ways()).toEqual(["spine1", "spine2"]);
  await stack.unchanged();
});

test("a link that does not exist is refused before anything changes", async () => {
  await stack.set({ cut: "leaf1-spine9" });
  expect((await stack.up(1)).text).toContain(
    "LeafSpine fabric: cut: there is no cable leaf1-spine9, but leaf1-spine1, ",
  );
  await stack.unset("cut");
  await stack.unchanged();
});

test("destroy leaves the host as it was", async () => {
  await stack.destroy();
  expect(await place.snapshot()).toEqual(before);
});
