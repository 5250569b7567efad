import { reachable } from "../fixtures/kube-proxy/reach";
import { ProxiedNode } from "./support/kube-proxy";
import { answersAsKubeProxy, hairpinsAsKubeProxy, inMode } from "./support/kube-proxy-reach";
import { ProxiedLab } from "./support/proxied-lab";
import { World } from "./support/world";

jest.setTimeout(3 * 60_000);

const world = new World();
const lab = new ProxiedLab(world);
const node = new ProxiedNode(world, lab.node, true);

beforeAll(() => lab.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

describe.each(["iptables", "nftables"] as const)("%s", (mode) => {
  beforeAll(() => node.bringUp(inMode(reachable, mode)));
  answersAsKubeProxy(lab, mode);
  hairpinsAsKubeProxy(lab, mode);
});
