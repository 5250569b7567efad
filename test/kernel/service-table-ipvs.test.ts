import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import type { Values } from "../../provider/src/core/values";
import { serviceTable as kind } from "../../provider/src/kinds";
import { ipvsIn, recordedIpvs } from "../fixtures/kube-proxy/recorded";
import { inModeIpvs, shapes } from "../fixtures/kube-proxy/shapes";
import { lack } from "./support/features";
import { ProxiedNode, recordedTables } from "./support/kube-proxy";
import { checkedTable, tableOf, ways } from "./support/service-table";
import { settings, World } from "./support/world";

// Over ssh to an emulated machine, a shape takes its time.
jest.setTimeout(10 * 60_000);

const world = new World();
const netns = world.netns("a");
const node = new ProxiedNode(world, netns);
const lacking = lack("ipvs") ?? lack("dummy") ?? lack("ipset");
const here = lacking ? test.skip : test;
const printed = (...argv: string[]) => world.inside(netns, ...argv);
let made: { id: string; outputs: Values } | undefined;

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

async function bringUp(values: Values): Promise<void> {
  const wanted = checkedTable(world, netns, values);
  const outputs = made && (await update(kind, made.id, made.outputs, wanted, settings));
  made = made && outputs ? { id: made.id, outputs } : await create(kind, wanted, settings);
  expect((await read(kind, made.id, made.outputs, settings))?.outputs).toEqual(made.outputs);
}

// One table after the other, each in place of the one before: what is left of that would be seen.
here.each(Object.entries(shapes))(
  `%s: the kernel has what it has with kube-proxy${lacking ? `: ${lacking}` : ""}`,
  async (shape, args) => {
    await bringUp(tableOf(inModeIpvs(args)));
    for (const family of ["ipv4", "ipv6"] as const)
      expect(await node.tables(family)).toEqual(recordedTables(shape, family, "ipvs"));
    const [sets, servers] = [await printed("ipset", "save"), await printed("ipvsadm-save", "-n")];
    expect(ipvsIn(sets, servers, await printed("ip", "addr", "show", "dev", "kube-ipvs0"))).toEqual(
      recordedIpvs(shape),
    );
  },
);

here("nothing is left when it goes", async () => {
  if (made) await remove(kind, made.id, made.outputs, settings);
  expect(await ways(world, netns)).toBeUndefined();
});
