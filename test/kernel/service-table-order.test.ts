import { check } from "../../provider/src/core/check";
import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import { iptablesRule, serviceTable } from "../../provider/src/kinds";
import { checkedTable } from "./support/service-table";
import { hostUrl, settings, World } from "./support/world";

const world = new World();
const netns = world.netns("a");
const chain = ["iptables", "-w", "-t", "nat"];
const rules = async () =>
  (await world.runIn(netns, ...chain, "-S", "OUTPUT")).split("\n").filter((line) => line.startsWith("-A"));
const order = async () => (await rules()).map((rule) => /-j (\S+)/.exec(rule)?.[1]);

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("rules of a table and others of the program are in the order of all their priorities", async () => {
  const owner = `${world.owner}/r`;
  const values = { netns, owner, table: "nat", chain: "OUTPUT", target: "ACCEPT", priority: 90 };
  const { inputs } = check(iptablesRule, { ...values, ...(hostUrl && { host: hostUrl }) });
  const rule = await create(iptablesRule, inputs, settings);
  const services = [{ name: "web", addresses: ["10.96.0.1"], ports: [{ port: 80 }], endpoints: ["10.0.0.2"] }];
  const wanted = checkedTable(world, netns, { services });
  const table = await create(serviceTable, wanted, settings);
  expect(await order()).toEqual(["KUBE-SERVICES", "ACCEPT"]);
  expect((await read(iptablesRule, rule.id, rule.outputs, settings))?.outputs).toEqual(rule.outputs);
  // By hand, behind one that it should precede.
  const [jump = ""] = await rules();
  const words =
    jump
      .match(/"[^"]*"|\S+/g)
      ?.map((word) => word.replaceAll('"', ""))
      .slice(1) ?? [];
  await world.runIn(netns, ...chain, "-D", ...words);
  await world.runIn(netns, ...chain, "-A", ...words);
  expect(await order()).toEqual(["ACCEPT", "KUBE-SERVICES"]);
  const drifted = await read(serviceTable, table.id, table.outputs, settings);
  expect(drifted?.outputs.families).toEqual(["ipv6"]);
  const mended = await update(serviceTable, table.id, drifted?.outputs ?? {}, wanted, settings);
  expect(await order()).toEqual(["KUBE-SERVICES", "ACCEPT"]);
  await remove(serviceTable, table.id, mended, settings);
  await remove(iptablesRule, rule.id, rule.outputs, settings);
});
