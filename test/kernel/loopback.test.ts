import { check, type Values } from "../../provider/src/core/check";
import { netns, pod } from "../../provider/src/kinds";
import { Engine } from "./support/engine";
import { hostUrl, World } from "./support/world";

const world = new World();
const name = world.name("l");
const bridge = world.name("b");

beforeAll(async () => {
  await world.build();
  await world.run("ip", "link", "add", bridge, "type", "bridge");
});
afterAll(async () => {
  await world.try("ip", "link", "del", bridge);
  expect(await world.cleanUp()).toEqual([]);
});

test.each([
  ["Netns", netns, {}],
  ["Pod", pod, { bridge }],
])("%s: a loopback that is set down keeps the addresses that others gave it", async (type, kind, values) => {
  const of = (more: Values) =>
    check(kind, { name, owner: `${world.owner}/${type}`, ...values, ...more, ...(hostUrl && { host: hostUrl }) })
      .inputs;
  const addresses = async () =>
    (await world.run("ip", "-n", name, "-o", "addr", "show", "dev", "lo")).match(/(?<=inet6? )\S+( metric \d+)?/g);
  const engine = new Engine(kind);
  await engine.up(of({}));
  await world.run("ip", "-n", name, "addr", "add", "10.7.0.1/16", "dev", "lo");
  await world.run("ip", "-n", name, "addr", "add", "fd00:7::1/64", "metric", "7", "dev", "lo");
  await engine.up(of({ loopback: false }));
  expect(await addresses()).toEqual(["10.7.0.1/16", "fd00:7::1/64 metric 7"]);
  await engine.up(of({}));
  expect(await addresses()).toEqual(expect.arrayContaining(["10.7.0.1/16", "fd00:7::1/64 metric 7", "127.0.0.1/8"]));
  await engine.destroy();
});
