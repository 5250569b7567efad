import { check, type Values } from "../../provider/src/core/check";
import { discover } from "../../provider/src/core/discover";
import { findImportable } from "../../provider/src/core/import";
import { address, bridge, netns as namespace, pod, vethPair } from "../../provider/src/kinds";
import { Engine } from "./support/engine";
import { hostUrl, settings, World } from "./support/world";

// A link is as the program says, whatever it was before and whatever the kernel changes with it.

const world = new World();
const netns = world.netns("a");
const there = { ...settings, host: hostUrl };
const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
const mtuOf = async (link: string) => /mtu (\d+)/.exec(await ip("link", "show", "dev", link))?.[1];

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

async function up(engine: Engine, values: Values): Promise<void> {
  const common = { netns, owner: `${world.owner}/${values.name}`, ...(hostUrl && { host: hostUrl }) };
  const { inputs, failures } = check(engine.kind, { ...common, ...values });
  expect(failures).toEqual([]);
  await engine.up(inputs);
}

async function isAsRecorded(engine: Engine): Promise<void> {
  const state = engine.state;
  await engine.refresh();
  expect(engine.state).toEqual(state);
}

test("a bridge turns off spanning tree and gets a delay that spanning tree does not allow, and back", async () => {
  const engine = new Engine(bridge);
  for (const values of [{ stp: true }, { stp: false, forwardDelay: 1 }, { stp: true, forwardDelay: 2 }]) {
    await up(engine, { name: "stp0", ...values });
    await isAsRecorded(engine);
  }
  await engine.destroy();
});

test("each link has a MAC address that counts as set: neither a new port nor udev changes it", async () => {
  const [br, pair, of] = [new Engine(bridge), new Engine(vethPair), new Engine(pod)];
  const name = world.name("q");
  world.finally(() => world.try("ip", "netns", "del", name));
  await up(br, { name: "mac0" });
  // A bridge without a MAC address of its own takes the lowest of its ports.
  await up(pair, { name: "mac1", master: "mac0", mac: "00:00:00:00:00:11", peer: { name: "mac2", netns } });
  await up(of, { name, bridge: "mac0", link: "mac3" });
  await isAsRecorded(br);
  const types = async (of: string, ...links: string[]) =>
    (await world.script(of, `cd /sys/class/net && cat ${links.map((each) => `${each}/addr_assign_type`).join(" ")}`))
      .trim()
      .split("\n");
  expect(await types(netns, "mac0", "mac1", "mac2", "mac3")).toEqual(["3", "3", "3", "3"]);
  expect(await types(name, "eth0")).toEqual(["3"]);
  for (const engine of [of, pair, br]) await engine.destroy();
});

test("a bridge whose mtu is taken away has the lowest mtu of its ports, like one that never had its own", async () => {
  const engine = new Engine(bridge);
  await ip("link", "add", "port0", "mtu", "1280", "type", "veth", "peer", "name", "port1");
  await up(engine, { name: "mtu0", mtu: 1400 });
  await ip("link", "set", "port0", "master", "mtu0");
  expect(await mtuOf("mtu0")).toBe("1400");
  await up(engine, { name: "mtu0" });
  expect(await mtuOf("mtu0")).toBe("1280");
  await engine.destroy();
  await ip("link", "del", "port0");
});

test("an address with a lifetime is not static: neither its link nor the address can be imported with it", async () => {
  await ip("link", "add", "life0", "type", "bridge");
  for (const [each, ...options] of [
    ["10.11.0.1/24", "valid_lft", "600", "preferred_lft", "600"],
    ["10.11.0.2/24"],
    ["2001:db8:11::1/64", "valid_lft", "600", "preferred_lft", "600"],
  ])
    await ip("addr", "add", `${each}`, "dev", "life0", ...options);
  const imported = await findImportable(bridge, `life0@${netns}`, world.owner, there);
  expect(imported?.inputs.addresses).toEqual(["10.11.0.2/24"]);
  const { importable, omitted: left } = await discover([address], [], there, netns);
  expect(importable).toEqual([]);
  const why = expect.stringContaining("a router or a DHCP client, which assigned it for a limited time");
  expect(left).toEqual(
    ["10.11.0.1/24", "2001:db8:11::1/64"].map((each) => ({ what: `Address life0/${each}@${netns}`, why })),
  );
  await ip("link", "del", "life0");
});

test("an address with a peer is another than the one without: they are not mixed up, and the other stays", async () => {
  await ip("link", "add", "ptp0", "type", "veth", "peer", "name", "ptp1");
  await ip("addr", "add", "10.7.0.1", "peer", "10.7.0.2/32", "dev", "ptp0");
  for (const each of ["ptp0", "ptp1"]) await ip("link", "set", each, "up");
  const engine = new Engine(vethPair);
  const inputsWith = (addresses: string[]) =>
    up(engine, { name: "ptp0", adopt: true, addresses, peer: { name: "ptp1", netns } });
  const addresses = async () =>
    [...(await ip("-4", "-o", "addr", "show", "dev", "ptp0")).matchAll(/inet (\S+(?: peer \S+)?)/g)].map(
      ([, each]) => each,
    );
  await expect(inputsWith(["10.7.0.1/32"])).rejects.toThrow('wanted ["10.7.0.1/32"], seen []');
  await inputsWith([]);
  await inputsWith(["10.7.0.1/32"]);
  expect(await addresses()).toEqual(["10.7.0.1 peer 10.7.0.2/32", "10.7.0.1/32"]);
  await isAsRecorded(engine);
  await inputsWith([]);
  expect(await addresses()).toEqual(["10.7.0.1 peer 10.7.0.2/32"]);
  await engine.destroy();
});

test.each([
  ["a namespace's", namespace, {}],
  ["a pod's", pod, { bridge: "lo0", netns }],
])("%s loopback that somebody has set down, and the program then too, has no address", async (_of, kind, values) => {
  const [br, engine] = [new Engine(bridge), new Engine(kind)];
  const name = world.name("o");
  await up(br, { name: "lo0" });
  const wanted = { name, netns: undefined, ...values };
  await up(engine, wanted);
  await world.run("ip", "-n", name, "link", "set", "dev", "lo", "down");
  await up(engine, { ...wanted, loopback: false });
  expect(await world.run("ip", "-n", name, "addr", "show", "dev", "lo")).not.toContain("inet");
  for (const each of [engine, br]) await each.destroy();
});
