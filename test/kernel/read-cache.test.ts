import type { Values } from "../../provider/src/core/check";
import type { AnyKind } from "../../provider/src/core/kind";
import { read } from "../../provider/src/core/lifecycle";
import { withReadCache } from "../../provider/src/host";
import { kinds } from "../../provider/src/kinds";
import { Engine } from "./support/engine";
import { hostUrl, settings, testHost, World } from "./support/world";

const world = new World();
const netns = world.netns("l");
const numbers = Array.from({ length: 5 }, (_, index) => index);
const inputs = (index: number, more: Values): Values => ({
  ...{ netns, owner: `${world.owner}/${index}`, ...(hostUrl && { host: hostUrl }) },
  ...more,
});
const bridges = numbers.map((index) => inputs(index, { name: `br${index}` }));
const rules = numbers.map((index) => inputs(index, { chain: "FORWARD", target: "ACCEPT" }));
const routes = numbers.map((index) => inputs(index, { destination: `10.9.${index}.0/24`, type: "blackhole" }));
const made = (type: string, each: Values[]) => each.map(() => new Engine(kinds[type] as AnyKind));
const all = [...made("Bridge", bridges), ...made("IptablesRule", rules), ...made("Route", routes)];
const [bridge, other] = all as [Engine, Engine];

beforeAll(async () => {
  await world.build();
  await Promise.all([...bridges, ...rules, ...routes].map((each, index) => all[index]?.up(each)));
});
afterAll(async () => {
  for (const each of all) await each.destroy();
  expect(await world.cleanUp()).toEqual([]);
});

/** Reads as the engine does for a refresh. */
function refresh({ kind, id, state }: Pick<Engine, "kind" | "id" | "state">) {
  return withReadCache(() => read(kind, id, state as Values, settings));
}

async function commandsOf(body: () => Promise<unknown>): Promise<string[]> {
  const run = jest.spyOn(testHost(), "run");
  await body();
  const commands = run.mock.calls.map(([argv]) => argv.join(" "));
  run.mockRestore();
  return commands;
}

test("a refresh of many objects of one namespace takes one command of each tool, except for routes, since a table may be large", async () => {
  const commands = await commandsOf(async () => {
    const concurrent = await Promise.all(all.map(refresh));
    const later = await refresh(bridge);
    expect([...concurrent, later].map((each) => each?.outputs)).toEqual([...all, bridge].map(({ state }) => state));
  });
  const ledger = testHost().isLocal ? [] : ["find /run/pulumi-localnet/owned -type l -printf %l\\n"];
  const tables = routes.map(
    ({ destination }) => `ip -n ${netns} -4 -N -j -d route show table 254 exact ${destination}`,
  );
  expect(commands.sort()).toEqual([
    ...ledger,
    ...tables,
    `ip -n ${netns} -j -d addr show`,
    `nsenter --net=/run/netns/${netns} -- iptables -w 10 -t filter -S FORWARD`,
  ]);
});

test("what this program changed or removed is read at once", async () => {
  await refresh(bridge);
  await bridge.up({ ...bridges[0], mtu: 1400 });
  expect((await refresh(bridge))?.outputs).toMatchObject({ mtu: 1400 });
  const { kind, id, state } = other;
  await other.destroy();
  expect(await refresh({ kind, id, state })).toBeUndefined();
});

test("what another provider of this program changed is read at once too", async () => {
  const { kind, id, state } = bridge;
  const refreshSlowly = () => withReadCache(() => read(kind, id, state as Values, { ...settings, timeoutSeconds: 40 }));
  await refreshSlowly();
  await bridge.up({ ...bridges[0], mtu: 1350 });
  expect((await refreshSlowly())?.outputs).toMatchObject({ mtu: 1350 });
});

test("before an object is changed, it is read again", async () => {
  await refresh(bridge);
  const [first] = await commandsOf(() => bridge.up({ ...bridges[0], mtu: 1300 }));
  expect(first).toBe(`ip -n ${netns} -N -j -d addr show dev br0`);
});
