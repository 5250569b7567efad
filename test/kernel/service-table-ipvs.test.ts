import { ipvsIn, recordedIpvs } from "../fixtures/kube-proxy/recorded";
import { inModeIpvs, shapes } from "../fixtures/kube-proxy/shapes";
import { lack } from "./support/features";
import { ProxiedNode, recordedTables } from "./support/kube-proxy";
import { TableNode, ways } from "./support/service-table";
import { World } from "./support/world";

// Over ssh to an emulated machine, a shape takes its time.
jest.setTimeout(10 * 60_000);

const world = new World();
const netns = world.netns("a");
const node = new ProxiedNode(world, netns);
const lacking = lack("ipvs") ?? lack("dummy") ?? lack("ipset");
const here = lacking ? test.skip : test;
const printed = (...argv: string[]) => world.runIn(netns, ...argv);
const table = new TableNode(world, netns);

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

// One table after the other, each in place of the one before: what is left of that would be seen.
here.each(Object.entries(shapes))(
  `%s: the kernel has what it has with kube-proxy${lacking ? `: ${lacking}` : ""}`,
  async (shape, args) => {
    await table.bringUp(inModeIpvs(args));
    for (const family of ["ipv4", "ipv6"] as const)
      expect(await node.tables(family)).toEqual(recordedTables(shape, family, "ipvs"));
    const [sets, servers] = [await printed("ipset", "save"), await printed("ipvsadm-save", "-n")];
    expect(ipvsIn(sets, servers, await printed("ip", "addr", "show", "dev", "kube-ipvs0"))).toEqual(
      recordedIpvs(shape),
    );
  },
);

here("nothing is left when it goes", async () => {
  await table.engine.destroy();
  expect(await ways(world, netns)).toBeUndefined();
});
