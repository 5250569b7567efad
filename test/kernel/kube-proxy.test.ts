import { parseTable } from "../../provider/src/tools/nft";
import { blocksIn, recordedBlocks } from "../fixtures/kube-proxy/recorded";
import { inModeNftables, shapes } from "../fixtures/kube-proxy/shapes";
import { ProxiedNode, recordedTables } from "./support/kube-proxy";
import { World } from "./support/world";

const world = new World();
const netns = world.netns("a");
const node = new ProxiedNode(world, netns);

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test.each(Object.entries(shapes))("%s: iptables-save prints what it prints with kube-proxy", async (shape, args) => {
  await node.bringUp(args);
  for (const family of ["ipv4", "ipv6"] as const)
    expect(await node.tables(family)).toEqual(recordedTables(shape, family, "iptables"));
});

test.each(Object.entries(shapes))("%s: nft prints what it prints with kube-proxy", async (shape, args) => {
  await node.bringUp(inModeNftables(args));
  for (const family of ["ipv4", "ipv6"] as const) {
    const table = ["table", family === "ipv6" ? "ip6" : "ip", "kube-proxy"];
    const { body } = parseTable(await world.runIn(netns, "nft", "list", ...table));
    expect(blocksIn(body)).toEqual(recordedBlocks(shape, family));
  }
  expect(await world.runIn(netns, "iptables-save")).not.toContain("KUBE-");
});
