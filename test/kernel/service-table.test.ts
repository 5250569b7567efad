import { parseTable } from "../../provider/src/tools/nft";
import { blocksIn, recordedBlocks } from "../fixtures/kube-proxy/recorded";
import { inModeNftables, shapes } from "../fixtures/kube-proxy/shapes";
import { ProxiedNode, recordedTables } from "./support/kube-proxy";
import { TableNode } from "./support/service-table";
import { World } from "./support/world";

// One table after the other, each in place of the one before: what is left of that would be seen.

const world = new World();
const netns = world.netns("a");
const node = new ProxiedNode(world, netns);
const table = new TableNode(world, netns);

beforeAll(() => world.build());
afterAll(async () => {
  await table.engine.destroy();
  expect(await world.runIn(netns, "iptables-save")).not.toContain("KUBE-");
  expect(await world.runIn(netns, "ip6tables-save")).not.toContain("KUBE-");
  expect(await world.runIn(netns, "nft", "list", "tables")).not.toContain("kube-proxy");
  expect(await world.cleanUp()).toEqual([]);
});

test.each(Object.entries(shapes))("%s: iptables-save prints what it prints with kube-proxy", async (shape, args) => {
  await table.bringUp(args);
  for (const family of ["ipv4", "ipv6"] as const)
    expect(await node.tables(family)).toEqual(recordedTables(shape, family, "iptables"));
});

test("an input that nothing in the kernel depends on is recorded", async () => {
  for (const values of [{}, { podCidr: ["10.0.1.0/24"] }, {}]) await table.bringUpTable(values);
});

test.each(Object.entries(shapes))("%s: nft prints what it prints with kube-proxy", async (shape, args) => {
  await table.bringUp(inModeNftables(args));
  for (const family of ["ipv4", "ipv6"] as const) {
    const named = ["table", family === "ipv6" ? "ip6" : "ip", "kube-proxy"];
    const { body } = parseTable(await world.runIn(netns, "nft", "list", ...named));
    expect(blocksIn(body)).toEqual(recordedBlocks(shape, family));
  }
  expect(await world.runIn(netns, "iptables-save")).not.toContain("KUBE-");
});
