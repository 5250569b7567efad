import { changes, type Snapshot, Stack, snapshot, vm } from "./engine";
import { lab } from "./providers";

const { host, ssh } = vm();
const [[, program], [, plugin]] = lab();
const native = new Stack(plugin);
// The same stack with the other import path.
const dynamic = new Stack(program, native.name, native.env);
let before: Snapshot;

beforeAll(async () => {
  before = await snapshot(ssh);
  await native.init({ "localnet:host": host });
  await dynamic.set({ "localnet:host": host });
});
afterAll(async () => {
  await native.dispose();
  dynamic.removeState();
});

/** As docs/providers.md says. */
async function move(from: Stack, to: Stack): Promise<void> {
  const made = await snapshot(ssh);
  await from.pulumi(["state", "delete", "--all", "--yes", "--stack", from.name]);
  expect(changes((await to.up()).text)).toEqual({ created: 27 });
  expect(await snapshot(ssh)).toEqual(made);
  await to.unchanged();
}

test("the lab moves from the native plugin to the dynamic provider and back, and the kernel's objects stay", async () => {
  await native.up();
  await move(native, dynamic);
  await move(dynamic, native);
});

test("after the move, destroy leaves the host as it was", async () => {
  await native.destroy();
  expect(await snapshot(ssh)).toEqual(before);
});
