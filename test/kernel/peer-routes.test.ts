import { check, type Values } from "../../provider/src/core/check";
import { address, bridge, netns } from "../../provider/src/kinds";
import { Engine } from "./support/engine";
import { hostUrl, World } from "./support/world";

// The kernel's route to the other end of an IPv6 point-to-point address exists whenever the link is up.

const world = new World();
const [used, fresh] = [world.name("u"), world.name("f")];

beforeAll(() => world.build());
afterEach(async () => {
  for (const each of [used, fresh]) await world.try("ip", "netns", "del", each);
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const peer = { address: "fd00:77::1/64", peer: "fd00:79::1" };

async function up(engine: Engine, values: Values): Promise<void> {
  const owner = `${world.owner}/${values.netns ?? ""}${values.device ?? values.name}${values.address ?? ""}`;
  const { inputs, failures } = check(engine.kind, { owner, ...(hostUrl && { host: hostUrl }), ...values });
  expect(failures).toEqual([]);
  await engine.up(inputs);
}

/** The IPv6 routes of the namespaces, without those that IPv6 makes for each link. */
async function routes(of: string): Promise<string[]> {
  const text = await world.run("ip", "-n", of, "-6", "-N", "route", "show", "table", "all");
  return text
    .split("\n")
    .filter((line) => /fd00/.test(line))
    .map((line) => line.trim())
    .sort();
}

test("a loopback that comes up has it, like one that was up before", async () => {
  const engines = [netns, address, address, netns, address].map((kind) => new Engine(kind));
  const [of, one, other, ofFresh, freshOne] = engines as [Engine, Engine, Engine, Engine, Engine];
  await up(of, { name: used, loopback: false });
  await up(one, { netns: used, device: "lo", ...peer });
  await up(other, { netns: used, device: "lo", ...peer, address: "fd00:78::1/64", metric: 7 });
  await up(of, { name: used });
  expect(await routes(used)).toContain("fd00:79::1 dev lo proto 2 metric 256 pref medium");
  expect(await routes(used)).toContain("fd00:79::1 dev lo proto 2 metric 7 pref medium");
  await other.destroy();
  await up(ofFresh, { name: fresh });
  await up(freshOne, { netns: fresh, device: "lo", ...peer });
  expect(await routes(used)).toEqual(await routes(fresh));
  // It disappears with its address.
  await one.destroy();
  expect(await routes(used)).toEqual([]);
  for (const engine of [freshOne, of, ofFresh]) await engine.destroy();
});

test("another link has it too, without duplicate address detection", async () => {
  const [of, br, one] = [new Engine(netns), new Engine(bridge), new Engine(address)];
  await up(of, { name: used });
  await up(br, { netns: used, name: "br0", up: false });
  await up(one, { netns: used, device: "br0", ...peer, noDad: true });
  await up(br, { netns: used, name: "br0" });
  const there = await routes(used);
  expect(there).toContain("fd00:79::1 dev br0 proto 2 metric 256 linkdown pref medium");
  await one.destroy();
  expect(await routes(used)).toEqual([]);
  await up(one, { netns: used, device: "br0", ...peer, noDad: true });
  expect(await routes(used)).toEqual(there);
  for (const engine of [one, br, of]) await engine.destroy();
});

test("it follows a metric that is changed, and taken away", async () => {
  const [of, one] = [new Engine(netns), new Engine(address)];
  await up(of, { name: used });
  await up(one, { netns: used, device: "lo", ...peer });
  const usual = await routes(used);
  await up(one, { netns: used, device: "lo", ...peer, metric: 7 });
  expect(await routes(used)).toEqual(usual.map((line) => line.replace("metric 256", "metric 7")));
  await up(one, { netns: used, device: "lo", ...peer });
  expect(await routes(used)).toEqual(usual);
  for (const engine of [one, of]) await engine.destroy();
});
