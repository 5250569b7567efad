import type { Values } from "../../provider/src/core/check";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { iptablesRule, netns as netnsKind, route, vethPair } from "../../provider/src/kinds";
import { Engine } from "../kernel/support/engine";
import { readLink } from "../kernel/support/links";
import { differences } from "../kernel/support/observing";
import { hostUrl, settings, World } from "../kernel/support/world";

// Faults that concern single kinds, so that the matrix of all kinds has no column for them.
const world = new World();
const [a, b] = [world.netns("a"), world.netns("b")];
const ip = (...args: string[]) => world.run("ip", "-n", a, ...args);
const owned = (resource: string, values: Values): Values => ({
  owner: `${world.owner}/${resource}`,
  ...(hostUrl && { host: hostUrl }),
  ...values,
});

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("stale file of a namespace: ip was killed while it made the namespace, and the next create repairs it", async () => {
  const name = world.name("s");
  const inputs = owned("stale", { name });
  const stale = async () => {
    await world.try(
      "strace",
      "-f",
      "-o",
      "/dev/null",
      "-e",
      "inject=mount:signal=KILL:when=2",
      "ip",
      "netns",
      "add",
      name,
    );
    expect((await world.try("ip", "-n", name, "link")).stderr).toContain("Invalid argument");
  };
  await stale();
  const engine = new Engine(netnsKind);
  await engine.up(inputs);
  expect(await readLink(world, name, "lo")).toMatchObject({ up: true });
  await world.run("ip", "netns", "del", name);
  await stale();
  await engine.destroy();
  expect((await world.run("ls", "/run/netns")).split("\n")).not.toContain(name);
});

test("link down: read shows that its route is gone, and the next up makes it again", async () => {
  await ip("link", "add", "name", "d0", "type", "veth", "peer", "name", "p0");
  await ip("link", "set", "dev", "p0", "up");
  await ip("link", "set", "dev", "d0", "up");
  await ip("addr", "add", "10.0.0.1/24", "dev", "d0");
  const engine = new Engine(route);
  const inputs = owned("route", { netns: a, destination: "10.7.0.0/16", via: "10.0.0.2", type: "unicast" });
  await engine.up(inputs);
  await ip("link", "set", "dev", "d0", "down");
  await ip("link", "set", "dev", "d0", "up");
  expect(await ip("route", "show", "10.7.0.0/16")).toBe("");
  const { state } = engine;
  await engine.refresh();
  expect(engine.state).toBeUndefined();
  // The same without a refresh, as in an update that changes something else.
  engine.state = state;
  await engine.up(inputs);
  expect(await ip("route", "show", "10.7.0.0/16")).toContain("via 10.0.0.2");
  await engine.destroy();
});

test("duplicate IPv6 address: the error of create says who has it, and once the address is free, up converges", async () => {
  for (const netns of [a, b]) await world.run("ip", "-n", netns, "link", "add", "name", "br0", "type", "bridge");
  await world.run("ip", "link", "add", "name", "x0", "netns", a, "type", "veth", "peer", "name", "x0", "netns", b);
  for (const netns of [a, b])
    for (const name of ["br0", "x0"]) await world.run("ip", "-n", netns, "link", "set", "dev", name, "up");
  for (const netns of [a, b]) await world.run("ip", "-n", netns, "link", "set", "dev", "x0", "master", "br0");
  await world.run("ip", "-n", b, "addr", "add", "2001:db8::7/64", "dev", "br0", "nodad");

  const engine = new Engine(vethPair);
  const [name, far] = [world.name("v"), world.name("w")];
  const inputs = owned("pair", {
    name,
    netns: a,
    master: "br0",
    up: true,
    promiscuous: false,
    peer: { name: far, netns: a, addresses: ["2001:db8::7/64"], up: true, promiscuous: false },
  });
  await expect(engine.up(inputs)).rejects.toThrow(/br0@\S+ has 2001:db8::7 already/);
  expect(engine.state).toBeDefined();
  await engine.refresh();
  expect(differences(vethPair, engine.state ?? {}, inputs)).toEqual(["peer"]);
  await expect(engine.up(inputs)).rejects.toThrow(/br0@\S+ has 2001:db8::7 already/);
  await world.run("ip", "-n", b, "addr", "del", "2001:db8::7/64", "dev", "br0");
  await engine.up(inputs);
  expect(await ip("-6", "addr", "show", "dev", far)).toMatch(/2001:db8::7\/64 scope global *\n/);
  await engine.refresh();
  expect(differences(vethPair, engine.state ?? {}, inputs)).toEqual([]);
  await engine.destroy();
  expect(await readLink(world, a, far)).toBeUndefined();
});

describe("IptablesRule", () => {
  const rule = (resource: string, values: Values) =>
    owned(resource, { family: "ipv4", table: "filter", chain: "FORWARD", netns: a, position: "append", ...values });
  const iptables = (...args: string[]) => world.runIn(a, "iptables", "-w", ...args);
  const order = async () =>
    (await iptables("-S", "FORWARD")).split("\n").flatMap((line) => /dport (\d+)/.exec(line)?.[1] ?? []);
  const port = (destinationPorts: number) => ({
    protocol: "tcp",
    destinationPorts: String(destinationPorts),
    target: "ACCEPT",
  });

  test("a rule of another owner between ours: ours keep their places, and it stays where it is", async () => {
    const [one, two] = [new Engine(iptablesRule), new Engine(iptablesRule)];
    await one.up(rule("one", port(1)));
    await two.up(rule("two", port(2)));
    await iptables("-I", "FORWARD", "2", "-p", "tcp", "--dport", "99", "-j", "DROP");
    await two.up(rule("two", port(22)));
    await one.up(rule("one", port(11)));
    expect(await order()).toEqual(["11", "99", "22"]);
    await one.refresh();
    expect(differences(iptablesRule, one.state ?? {}, rule("one", port(11)))).toEqual([]);
    await one.destroy();
    await two.destroy();
    expect(await order()).toEqual(["99"]);
    await iptables("-F", "FORWARD");
  });

  test("an equal rule of another owner: it is neither taken for ours nor removed with it", async () => {
    await iptables("-A", "FORWARD", "-p", "tcp", "--dport", "1", "-j", "ACCEPT");
    const { id, outputs } = await create(iptablesRule, rule("one", port(1)), settings);
    expect(await order()).toEqual(["1", "1"]);
    await remove(iptablesRule, id, outputs, settings);
    expect(await order()).toEqual(["1"]);
    expect(await read(iptablesRule, id, outputs, settings)).toBeUndefined();
    await iptables("-F", "FORWARD");
  });
});
