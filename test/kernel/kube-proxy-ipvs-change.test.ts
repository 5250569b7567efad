import { changing } from "../fixtures/kube-proxy/reach";
import { lack } from "./support/features";
import { ProxiedNode } from "./support/kube-proxy";
import { changesEndpoints, changesModes } from "./support/kube-proxy-change";
import { inMode } from "./support/kube-proxy-reach";
import { ProxiedLab } from "./support/proxied-lab";
import { World } from "./support/world";

// Over ssh to an emulated machine, a hundred objects take their time.
jest.setTimeout(10 * 60_000);

const world = new World();
const lab = new ProxiedLab(world);
const node = new ProxiedNode(world, lab.node, true);
const lacking = lack("ipvs") ?? lack("dummy") ?? lack("ipset");

(lacking ? describe.skip : describe)(`mode ipvs${lacking ? `: ${lacking}` : ""}`, () => {
  beforeAll(async () => {
    await world.hold("br_netfilter");
    // Its settings are there as soon as the module is.
    for (const module of ["ip_vs_rr", "br_netfilter"]) await world.run("modprobe", module);
    await lab.build();
    await node.bringUp(inMode(changing(2), "ipvs"));
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  changesEndpoints(lab, node, "ipvs");
  changesModes(lab, node, [
    ["ipvs", "iptables"],
    ["iptables", "ipvs"],
    ["ipvs", "nftables"],
    ["nftables", "ipvs"],
  ]);
});
