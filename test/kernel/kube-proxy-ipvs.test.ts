import { ipvsIn, recordedIpvs } from "../fixtures/kube-proxy/recorded";
import { inModeIpvs, shapes } from "../fixtures/kube-proxy/shapes";
import { lack } from "./support/features";
import { ProxiedNode, recordedTables } from "./support/kube-proxy";
import { World } from "./support/world";

// Over ssh to an emulated machine, a hundred objects take their time.
jest.setTimeout(10 * 60_000);

const world = new World();
const netns = world.netns("a");
const node = new ProxiedNode(world, netns, true);
const lacking = lack("ipvs") ?? lack("dummy") ?? lack("ipset");
const here = lacking ? test.skip : test;

beforeAll(async () => {
  await world.build();
  // Its settings are there as soon as the module is.
  if (!lacking) await world.run("modprobe", "ip_vs_rr");
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

here.each(Object.entries(shapes))(
  `%s: the kernel has what it has with kube-proxy${lacking ? `: ${lacking}` : ""}`,
  async (shape, args) => {
    await node.bringUp(inModeIpvs(args));
    for (const family of ["ipv4", "ipv6"] as const)
      expect(await node.tables(family)).toEqual(recordedTables(shape, family, "ipvs"));
    const printed = (...argv: string[]) => world.runIn(netns, ...argv);
    const [sets, servers] = [await printed("ipset", "save"), await printed("ipvsadm-save", "-n")];
    const link = await printed("ip", "addr", "show", "dev", "kube-ipvs0");
    expect(ipvsIn(sets, servers, link)).toEqual(recordedIpvs(shape));
  },
);
