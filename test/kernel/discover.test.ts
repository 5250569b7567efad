import { discover } from "../../provider/src/core/discover";
import { findImportable } from "../../provider/src/core/import";
import { create, remove } from "../../provider/src/core/lifecycle";
import { kinds } from "../../provider/src/kinds";
import { objectReaders } from "../../provider/src/tools/objects";
import { failure } from "./support/contract";
import { hostUrl, settings, World } from "./support/world";

const world = new World();
const a = world.netns("a");
const b = world.netns("b");
const there = { ...settings, host: hostUrl };
const all = Object.values(kinds);
const br = world.name("br");

const byHand = `
ip link add br0 type bridge
ip link set br0 up
ip addr add 10.8.0.1/24 dev br0
ip link add far netns ${b} type veth peer name near netns ${a}
ip link set near up
ip link add one type veth peer name two
ip route add default via 10.8.0.9
ip route add blackhole 10.9.0.0/16 metric 7 table 100
ip route add 10.10.0.0/16 tos 8 via 10.8.0.9
ip route add local 10.11.0.0/16 dev lo
ip route add 10.12.0.0/16 via 10.8.0.9 proto 42
sysctl -q -w net.ipv4.ip_forward=1
iptables -N OWN
iptables -P FORWARD DROP
iptables -A FORWARD -i br0 -j ACCEPT
iptables -A FORWARD -m quota --quota 5 -j DROP
iptables -A FORWARD -o br0 -j OWN
iptables -A OWN -j RETURN
ip6tables -A FORWARD -p tcp -j DROP
`;

beforeAll(async () => {
  await world.build();
  await world.script(a, byHand.trim().replaceAll("\n", " && "));
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("objects made by hand in a namespace can be imported, and those of the kernel or of others are not listed", async () => {
  const { importable, omitted: left } = await discover(all, objectReaders, there, a);
  const ids = importable.map(({ type, id }) => `${type} ${id.replaceAll(a, "A")}`);
  expect(ids).toEqual([
    "Netns A",
    "Bridge br0@A",
    "VethPair near@A",
    expect.stringMatching(/^VethPair (one|two)@A$/),
    "Route 10.9.0.0/16 metric 7 table 100@A",
    "Route default@A",
    "Route 10.11.0.0/16 table 255@A",
    "Sysctl net/ipv4/ip_forward@A",
    "IptablesChain ipv4/filter/OWN@A",
    "IptablesPolicy ipv4/filter/FORWARD@A",
    "IptablesRule ipv4/filter/FORWARD/1@A",
    "IptablesRule ipv4/filter/FORWARD/3@A",
    "IptablesRule ipv4/filter/OWN/1@A",
    "IptablesRule ipv6/filter/FORWARD/1@A",
  ]);
  expect(left).toEqual([
    { what: `Route 10.10.0.0/16@${a}`, why: "there is no input for its tos, 0x08" },
    { what: `IptablesRule ipv4/filter/FORWARD/2@${a}`, why: expect.stringContaining("no input for --quota") },
    { what: `route 10.12.0.0/16@${a}`, why: "routing protocol 42 made it" },
  ]);
});

test("objects of a stack are left out, with their owner", async () => {
  const inputs = { name: br, netns: b, owner: world.owner, ...(hostUrl && { host: hostUrl }) };
  const { id, outputs } = await create(kinds.Bridge as (typeof all)[0], inputs, settings);
  const { importable, omitted: left } = await discover(all, objectReaders, there, b);
  expect(importable).toEqual([
    { type: "Netns", id: b },
    { type: "VethPair", id: `far@${b}` },
  ]);
  expect(left).toEqual([{ what: `Bridge ${br}@${b}`, why: expect.stringContaining(`belongs to ${world.owner}`) }]);
  await remove(kinds.Bridge as (typeof all)[0], id, outputs, settings);
});

test("a process is listed and found by its pid, without its children; one without an owner is ended like any other", async () => {
  const kind = kinds.Process as (typeof all)[0];
  const running = "until grep -qsa '^sleep.300\\.25' /proc/[0-9]*/cmdline; do sleep 0.1; done";
  await world.script(b, `cd /tmp && setsid -f timeout 300 sleep 300.25 < /dev/null > /dev/null 2>&1; ${running}`);
  const [id = ""] = (await discover([kind], [], there, b)).importable.map((each) => each.id);
  expect(id).toMatch(new RegExp(`^\\d+@${b}$`));
  const ids = await findImportable(kind, id, world.owner, there);
  expect(ids?.inputs).toMatchObject({
    command: ["timeout", "300", "sleep", "300.25"],
    workingDirectory: "/tmp",
    netns: b,
  });
  expect(ids?.outputs).toMatchObject({ pid: Number.parseInt(id, 10), log: "/dev/null" });
  expect(await findImportable(kind, id.replace(b, a), world.owner, there)).toBeUndefined();
  await remove(kind, ids?.id ?? "", ids?.outputs ?? {}, there);
  expect((await world.run("ip", "netns", "pids", b)).trim()).toBe("");

  const inputs = { command: ["sleep", "300"], netns: b, owner: world.owner, ...(hostUrl && { host: hostUrl }) };
  const made = await create(kind, inputs, settings);
  const { importable, omitted: left } = await discover([kind], [], there, b);
  expect(importable).toEqual([]);
  expect(left).toEqual([{ what: expect.stringMatching(/^Process \d+@/), why: expect.stringContaining(world.owner) }]);
  await remove(kind, made.id, made.outputs, settings);
});

test("on the whole host, a pair is listed once, by its first end", async () => {
  const { importable } = await discover([kinds.VethPair as (typeof all)[0]], [], there);
  const ours = importable.filter(({ id }) => id.includes(world.tag)).map(({ id }) => id);
  expect(ours.filter((id) => /^(near|far)/.test(id))).toEqual([`near@${a}`]);
});

test("a namespace that does not exist is an error that names it", async () => {
  expect(await failure(() => discover(all, objectReaders, there, "nowhere"))).toMatchObject({ code: "LN_NETNS" });
});
