import { check, type Values } from "../../provider/src/core/check";
import { readClaim } from "../../provider/src/core/ledger";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { route as kind } from "../../provider/src/kinds";
import { hostUrl, settings, testHost, World } from "./support/world";

const world = new World();
const netns = world.netns("a");
beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const make = async (destination: string) => {
  const values: Values = { netns, destination, type: "blackhole", owner: world.owner };
  const { inputs } = check(kind, { ...values, ...(hostUrl && { host: hostUrl }) });
  return create(kind, inputs, settings);
};
const away = (destination: string) => world.run("ip", "-n", netns, "route", "del", "blackhole", destination);
const entry = (destination: string) => readClaim(testHost(), { netns, what: `Route ${destination}@${netns}` });

test("an object that read finds gone keeps its entry in the ledger until the next delete, unless it was made again", async () => {
  const [gone, back, last] = [await make("10.1.0.0/16"), await make("10.2.0.0/16"), await make("10.3.0.0/16")];
  for (const { id, outputs } of [gone, back]) {
    await away(String(outputs.destination));
    expect(await read(kind, id, outputs, settings)).toBeUndefined();
  }
  expect(await entry("10.1.0.0/16")).toBeDefined();
  await make("10.2.0.0/16");
  await remove(kind, last.id, last.outputs, settings);
  expect(await entry("10.1.0.0/16")).toBeUndefined();
  expect(await entry("10.2.0.0/16")).toBeDefined();
  await remove(kind, back.id, back.outputs, settings);
});
