import { changing } from "../fixtures/kube-proxy/reach";
import { ProxiedNode } from "./support/kube-proxy";
import { changesEndpoints, changesModes } from "./support/kube-proxy-change";
import { inMode } from "./support/kube-proxy-reach";
import { ProxiedLab } from "./support/proxied-lab";
import { World } from "./support/world";

jest.setTimeout(3 * 60_000);

const world = new World();
const lab = new ProxiedLab(world);
const node = new ProxiedNode(world, lab.node, true);

beforeAll(async () => {
  await lab.build();
  await node.bringUp(inMode(changing(2), "nftables"));
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

changesEndpoints(lab, node, "nftables");
changesModes(lab, node, [
  ["nftables", "iptables"],
  ["iptables", "nftables"],
]);
