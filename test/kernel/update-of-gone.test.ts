import { PartialError, update } from "../../provider/src/core/lifecycle";
import { route } from "../../provider/src/kinds";
import { Engine } from "./support/engine";
import { hostUrl, settings, World } from "./support/world";

const world = new World();
const netns = world.netns("g");
beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("if an update cannot make a removed object again, the state says that it is missing, and the next update makes it", async () => {
  await world.script(netns, "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up");
  const engine = new Engine(route);
  const inputs = { netns, destination: "10.9.0.0/16", device: "v0", owner: world.owner };
  await engine.up({ ...inputs, ...(hostUrl && { host: hostUrl }) });
  const { state = {} } = engine;
  await world.run("ip", "-n", netns, "link", "set", "v0", "down");
  const error = await update(route, engine.id, state, { ...state, owner: world.owner }, settings).catch((each) => each);
  expect(error).toBeInstanceOf(PartialError);
  expect(error.properties).toEqual(state);
  await world.run("ip", "-n", netns, "link", "set", "v0", "up");
  await update(route, engine.id, error.properties, { ...state, owner: world.owner }, settings);
  expect(await world.run("ip", "-n", netns, "route", "show", "10.9.0.0/16")).toContain("dev v0 proto 157");
  await engine.destroy();
});
