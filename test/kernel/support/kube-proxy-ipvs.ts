import type { KubeProxyNodeArgs } from "../../../provider/src";
import { lack } from "./features";
import { type Node, ProxiedNode } from "./kube-proxy";
import { inMode } from "./kube-proxy-reach";
import { ProxiedLab } from "./proxied-lab";
import { World } from "./world";

/** Tests with a node in mode ipvs that has these services: as single resources, or as it is made here. */
export function describeIpvs(
  services: KubeProxyNodeArgs,
  tests: (lab: ProxiedLab, node: Node) => void,
  make = (world: World, netns: string): Node => new ProxiedNode(world, netns, true),
): void {
  // Over ssh to an emulated machine, a hundred objects take their time.
  jest.setTimeout(10 * 60_000);

  const world = new World();
  const lab = new ProxiedLab(world);
  const node = make(world, lab.node);
  const lacking = lack("ipvs") ?? lack("dummy") ?? lack("ipset");

  (lacking ? describe.skip : describe)(`mode ipvs${lacking ? `: ${lacking}` : ""}`, () => {
    beforeAll(async () => {
      await world.hold("br_netfilter");
      // Its settings are there as soon as the module is.
      for (const module of ["ip_vs_rr", "br_netfilter"]) await world.run("modprobe", module);
      await lab.build();
      await node.bringUp(inMode(services, "ipvs"));
    });
    afterAll(async () => expect(await world.cleanUp()).toEqual([]));

    tests(lab, node);
  });
}
