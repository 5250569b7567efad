import { check, type Values } from "../../provider/src/core/check";
import { update } from "../../provider/src/core/lifecycle";
import { pod as kind } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { Engine } from "./support/engine";
import { hostUrl, settings, World } from "./support/world";

// Changes of others to a pod's namespace stay theirs.

const world = new World();
const node = world.netns("n");
const name = world.name("p");
const engine = new Engine(kind);

beforeAll(async () => {
  await world.build();
  await world.script(node, "ip link add br0 type bridge; ip link set br0 up; ip addr add 10.0.1.1/24 dev br0");
});
afterEach(async () => void (await world.try("ip", "netns", "del", name)));
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

function inputs(values: Values): Values {
  const inputs = { name, bridge: "br0", netns: node, owner: world.owner, ...(hostUrl && { host: hostUrl }) };
  const { inputs: checked, failures } = check(kind, { ...inputs, addresses: ["10.0.1.2/24"], ...values });
  expect(failures).toEqual([]);
  return checked;
}

test("a namespace made by hand in place of a partly failed one is not taken, and stays", async () => {
  await expect(engine.up(inputs({ gateway: "203.0.113.1" }))).rejects.toThrow("no link that is up leads there");
  await engine.up(inputs({ gateway: "10.0.1.1" }));
  await world.run("ip", "netns", "del", name);
  await world.run("ip", "netns", "add", name);
  const state = engine.state ?? {};
  await engine.refresh();
  expect(engine.state).toBeUndefined();
  const again = await failure(() => update(kind, engine.id, state, inputs({ gateway: "10.0.1.1" }), settings));
  expect(again).toMatchObject({ code: "LN_EXISTS" });
  engine.state = state;
  await engine.destroy();
  expect((await world.run("ls", "/run/netns")).split("\n")).toContain(name);
});

test("a default route of another metric, such as one of DHCP, is not its gateway", async () => {
  await engine.up(inputs({}));
  await world.run("ip", "-n", name, "route", "add", "default", "via", "10.0.1.9", "metric", "1024");
  const state = engine.state;
  await engine.refresh();
  expect(engine.state).toEqual(state);
  await engine.up(inputs({ mtu: 1400 }));
  expect(await world.run("ip", "-n", name, "route", "show", "default")).toContain("via 10.0.1.9 dev eth0 metric 1024");
  await engine.destroy();
});
