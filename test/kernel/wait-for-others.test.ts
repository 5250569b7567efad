import { setTimeout as sleep } from "node:timers/promises";
import type { Values } from "../../provider/src/core/check";
import type { AnyKind } from "../../provider/src/core/kind";
import { create, remove } from "../../provider/src/core/lifecycle";
import { kinds } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { hostUrl, settings, World } from "./support/world";

const world = new World();
const a = world.netns("a");
const b = world.netns("b");

/** The inputs of a program that uses names only, so that the engine starts its resources in any order. */
const make = (type: string, inputs: Values) =>
  create(kinds[type] as AnyKind, { ...inputs, owner: world.owner, ...(hostUrl && { host: hostUrl }) }, settings);

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("resources that need each other are made in whatever order they start", async () => {
  await world.run("ip", "netns", "del", b);
  const [server] = await Promise.all([
    make("Process", { netns: b, command: ["sleep", "600"] }),
    make("IptablesRule", { netns: b, chain: "OWN", target: "ACCEPT" }),
    make("Route", { netns: b, destination: "10.9.0.0/16", via: "10.8.0.2" }),
    make("Route", { netns: b, destination: "10.10.0.0/16", via: "10.9.0.1", onlink: true, device: "far" }),
    make("Sysctl", { netns: b, key: "net.ipv4.conf.far.proxy_arp", value: 1 }),
    make("VethPair", {
      ...{ name: "near", netns: a, master: "br0" },
      peer: { name: "far", netns: b, addresses: ["10.8.0.1/24"] },
    }),
    make("IptablesChain", { netns: b, name: "OWN" }),
    make("Bridge", { name: "br0", netns: a }),
    make("Netns", { name: b }),
  ]);
  expect(await world.run("ip", "-n", b, "route", "show", "proto", "157")).toMatch(/10\.9\.0\.0\/16 via 10\.8\.0\.2/);
  expect(await world.run("ip", "-n", a, "link", "show", "near")).toContain("master br0");
  await remove(kinds.Process as AnyKind, server.id, server.outputs, settings);
});

test("an IPv6 address and a route wait for the setting that enables IPv6", async () => {
  const off = "net.ipv6.conf.all.disable_ipv6";
  await world.script(a, `sysctl -qw ${off}=1`);
  await Promise.all([
    make("Address", { netns: a, device: "lo", address: "fd00:7::1/64" }),
    make("Route", { netns: a, device: "lo", destination: "fd00:8::/64" }),
    make("Sysctl", { netns: a, key: off, value: 0 }),
  ]);
  expect(await world.run("ip", "-n", a, "-6", "route", "show", "fd00:8::/64")).toContain("dev lo proto 157");
});

test("resources that use each other are deleted in whatever order they start", async () => {
  const objects = [
    ["IptablesChain", { netns: a, name: "FIRST" }],
    ["IptablesChain", { netns: a, name: "SECOND" }],
    ["IptablesRule", { netns: a, chain: "FIRST", target: "SECOND" }],
    ["IptablesRule", { netns: a, chain: "FIRST", protocol: "tcp", target: "ACCEPT" }],
    ["IptablesRule", { netns: a, chain: "FORWARD", target: "FIRST" }],
  ] as const;
  const made: { kind: AnyKind; id: string; outputs: Values }[] = [];
  for (const [index, [type, inputs]] of objects.entries()) {
    const kind = kinds[type] as AnyKind;
    const owner = `${world.owner}${index}`;
    const { id, outputs } = await create(kind, { ...inputs, owner, ...(hostUrl && { host: hostUrl }) }, settings);
    made.push({ kind, id, outputs });
  }
  await Promise.all(made.map(({ kind, id, outputs }) => remove(kind, id, outputs, settings)));
  const rules = await world.run("nsenter", `--net=/run/netns/${a}`, "--", "iptables", "-S");
  expect(rules).not.toMatch(/FIRST|SECOND/);
});

test("an object that another resource of the program still has is made once that one is deleted", async () => {
  const kind = kinds.Route as AnyKind;
  const args = { netns: a, destination: "10.11.0.0/16", type: "blackhole", ...(hostUrl && { host: hostUrl }) };
  const one = await create(kind, { ...args, owner: `${world.owner}/one` }, settings);
  const two = { ...args, type: "prohibit", owner: `${world.owner}/two` };
  const second = create(kind, two, settings);
  // The engine deletes the old resource after it has created the new one.
  await sleep(200);
  await remove(kind, one.id, one.outputs, settings);
  const { id, outputs } = await second;
  expect(await world.run("ip", "-n", a, "route", "show", "type", "prohibit")).toContain("10.11.0.0/16");
  await remove(kind, id, outputs, settings);
});

test("an object that nobody is making is an error at once, and one that takes too long is an error after a limit", async () => {
  const began = Date.now();
  const missing = () => make("Route", { netns: "nowhere", destination: "10.9.0.0/16", via: "10.8.0.2" });
  expect(await failure(missing)).toMatchObject({ code: "LN_NETNS" });
  const lost = () => make("Process", { netns: "nowhere", command: ["sleep", "600"] });
  expect(await failure(lost)).toMatchObject({ code: "LN_NETNS" });
  expect(Date.now() - began).toBeLessThan(8000);

  const slow = make("Probe", {
    ...{ netns: b, ping: { address: "10.8.0.77" }, expect: "failure" },
    ...{ count: 16, timeoutSeconds: 1 },
  });
  let isDone = false;
  const end = slow.then(() => {
    isDone = true;
  });
  const again = Date.now();
  expect(await failure(missing)).toMatchObject({ code: "LN_NETNS" });
  expect(Date.now() - again).toBeGreaterThan(9000);
  expect(isDone).toBe(false);
  await end;
});
