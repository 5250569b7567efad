import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import type { Values } from "../../provider/src/core/values";
import { serviceTable as kind } from "../../provider/src/kinds";
import { parseTable } from "../../provider/src/tools/nft";
import { blocksIn, recordedBlocks } from "../fixtures/kube-proxy/recorded";
import { inModeNftables, shapes } from "../fixtures/kube-proxy/shapes";
import { ProxiedNode, recordedTables } from "./support/kube-proxy";
import { checkedTable, tableOf } from "./support/service-table";
import { settings, World } from "./support/world";

// One table after the other, each in place of the one before: what is left of that would be seen.

const world = new World();
const netns = world.netns("a");
const node = new ProxiedNode(world, netns);
let made: { id: string; outputs: Values } | undefined;

beforeAll(() => world.build());
afterAll(async () => {
  if (made) await remove(kind, made.id, made.outputs, settings);
  expect(await world.inside(netns, "iptables-save")).not.toContain("KUBE-");
  expect(await world.inside(netns, "ip6tables-save")).not.toContain("KUBE-");
  expect(await world.inside(netns, "nft", "list", "tables")).not.toContain("kube-proxy");
  expect(await world.cleanUp()).toEqual([]);
});

async function bringUp(values: Values): Promise<void> {
  const wanted = checkedTable(world, netns, values);
  const outputs = made && (await update(kind, made.id, made.outputs, wanted, settings));
  made = made && outputs ? { id: made.id, outputs } : await create(kind, wanted, settings);
  expect((await read(kind, made.id, made.outputs, settings))?.outputs).toEqual(made.outputs);
}

test.each(Object.entries(shapes))("%s: iptables-save prints what it prints with kube-proxy", async (shape, args) => {
  await bringUp(tableOf(args));
  for (const family of ["ipv4", "ipv6"] as const)
    expect(await node.tables(family)).toEqual(recordedTables(shape, family, "iptables"));
});

test("an input that nothing in the kernel depends on is recorded", async () => {
  for (const values of [{}, { podCidr: ["10.0.1.0/24"] }, {}]) await bringUp(values);
});

test.each(Object.entries(shapes))("%s: nft prints what it prints with kube-proxy", async (shape, args) => {
  await bringUp(tableOf(inModeNftables(args)));
  for (const family of ["ipv4", "ipv6"] as const) {
    const table = ["table", family === "ipv6" ? "ip6" : "ip", "kube-proxy"];
    const { body } = parseTable(await world.inside(netns, "nft", "list", ...table));
    expect(blocksIn(body)).toEqual(recordedBlocks(shape, family));
  }
  expect(await world.inside(netns, "iptables-save")).not.toContain("KUBE-");
});
