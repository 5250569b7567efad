import { changing } from "../fixtures/kube-proxy/reach";
import { changesEndpoints, changesModes } from "./support/kube-proxy-change";
import { inMode } from "./support/kube-proxy-reach";
import { ProxiedLab } from "./support/proxied-lab";
import { TableNode } from "./support/service-table";
import { World } from "./support/world";

jest.setTimeout(3 * 60_000);

const world = new World();
const lab = new ProxiedLab(world);
const node = new TableNode(world, lab.node);

beforeAll(async () => {
  await lab.build();
  await node.bringUp(inMode(changing(2), "nftables"));
});
afterAll(async () => {
  await node.engine.destroy();
  expect(await world.cleanUp()).toEqual([]);
});

changesEndpoints(lab, node, "nftables");
changesModes(lab, node, [["nftables", "iptables"]]);
changesEndpoints(lab, node, "iptables");
changesModes(lab, node, [["iptables", "nftables"]]);
