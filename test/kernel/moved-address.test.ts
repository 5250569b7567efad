import type { Values } from "../../provider/src/core/check";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { program } from "../../provider/src/core/program";
import { bridge, pod } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { hostUrl, settings, World } from "./support/world";

// An IPv6 address moves to another resource while the former one still exists, since the engine deletes last.

const world = new World();
const netns = world.netns("n");
const local = "fd00:1::5";

function inputsOf(resource: string, more: Values = {}): Values {
  const owner = `${world.owner}/${resource}`;
  return { name: world.name(resource), bridge: "br0", netns, addresses: [`${local}/64`], owner, ...at, ...more };
}
const at = hostUrl ? { host: hostUrl } : {};

beforeAll(async () => {
  await world.build();
  await create(bridge, { name: "br0", netns, owner: `${world.owner}/br0`, ...at }, settings);
  for (const resource of ["a", "b", "c"]) world.finally(() => world.try("ip", "netns", "del", world.name(resource)));
  await create(pod, inputsOf("a"), settings);
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));
// Each test is a run of the engine.
beforeEach(() => program.clear());

test("two resources of one program cannot have it: the error says which one has it, and what to do", async () => {
  await create(bridge, { name: "br0", netns, owner: `${world.owner}/br0`, ...at }, settings);
  await create(pod, inputsOf("a"), settings);
  const message = (await failure(() => create(pod, inputsOf("b"), settings))).message;
  expect(message).toContain(`addresses: eth0@${world.name("a")} has ${local} already (duplicate address detection)`);
  expect(message).toContain("noDad: true");
  await remove(pod, world.name("b"), inputsOf("b"), settings);
});

test("if it belongs to another stack, it stays there", async () => {
  const message = (await failure(() => create(pod, inputsOf("c", { owner: "lnt/other/c" }), settings))).message;
  expect(message).toContain(`has ${local} already`);
  await remove(pod, world.name("c"), inputsOf("c", { owner: "lnt/other/c" }), settings);
});

test("it moves from a resource that is no longer in the program, and is then like any other address", async () => {
  const { id, outputs } = await create(pod, inputsOf("b"), settings);
  await remove(pod, world.name("a"), inputsOf("a"), settings);
  const shown = await world.runIn(world.name("b"), "ip", "-6", "addr", "show", "dev", "eth0", "to", local);
  expect(shown).toContain(`inet6 ${local}/64 scope global`);
  expect(shown).not.toMatch(/nodad|tentative|dadfailed/);
  expect((await read(pod, id, outputs, settings))?.outputs).toEqual(outputs);
  await remove(pod, id, outputs, settings);
});
