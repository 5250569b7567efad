import { answer } from "../../provider/src/functions";
import { hostUrl, settings, World } from "./support/world";

const world = new World();
const a = world.netns("a");
const there = { ...settings, host: hostUrl };
const call = (name: string, args: object) => answer(name, { ...args }, there);

const byHand = `
ip link set lo up
ip link add br0 type bridge
ip link add near type veth peer name far
ip link set near master br0
ip link set br0 mtu 1400 up
ip addr add 10.8.0.1/24 dev br0
ip route add default via 10.8.0.9 metric 7
ip route add 10.9.0.0/16 nexthop via 10.8.0.7 nexthop via 10.8.0.8
ip route add blackhole 10.10.0.0/16 table 100
`;

beforeAll(async () => {
  await world.build();
  await world.script(a, byHand.trim().replaceAll("\n", " && "));
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

test("getNetns returns a namespace with its links, or that it does not exist", async () => {
  const { links, ...rest } = await call("getNetns", { name: a });
  expect(rest).toEqual({ exists: true, path: `/run/netns/${a}` });
  expect(links).toEqual(expect.arrayContaining(["lo", "br0", "near", "far"]));
  expect(await call("getNetns", { name: `${a}-no` })).toEqual({ exists: false });
});

test("getLink returns a link, or that it does not exist", async () => {
  const br0 = await call("getLink", { name: "br0", netns: a });
  expect(br0).toMatchObject({ exists: true, type: "bridge", up: true, carrier: false, mtu: 1400 });
  expect(br0).toMatchObject({ mac: expect.stringMatching(/^([0-9a-f]{2}:){5}/), ifindex: expect.any(Number) });
  expect(br0.addresses).toContain("10.8.0.1/24");
  expect(await call("getLink", { name: "near", netns: a })).toMatchObject({ type: "veth", master: "br0", up: false });
  const lo = await call("getLink", { name: "lo", netns: a });
  expect(lo).toMatchObject({ type: "", up: true });
  for (const where of [
    { name: "no", netns: a },
    { name: "br0", netns: `${a}-no` },
  ]) {
    expect(await call("getLink", where)).toEqual({ exists: false });
  }
});

test("getRouteTo returns the route to an address, or that there is none", async () => {
  const way = (address: string, netns = a) => call("getRouteTo", { address, netns });
  const near = { exists: true, local: false, device: "br0", source: "10.8.0.1", mtu: 1400 };
  expect(await way("10.8.0.5")).toEqual(near);
  expect(await way("192.0.2.1")).toEqual({ ...near, via: "10.8.0.9" });
  expect(await way("10.8.0.1")).toMatchObject({ exists: true, local: true, device: "lo" });
  await world.script(a, "ip route add 10.11.0.0/16 via 10.8.0.9 mtu lock 1300");
  expect(await way("10.11.0.1")).toMatchObject({ via: "10.8.0.9", mtu: 1300 });
  await world.script(a, "ip route del 10.11.0.0/16");
  for (const none of [way("2001:db8::1"), way("10.8.0.5", `${a}-no`)]) expect(await none).toEqual({ exists: false });
});

test("getRoutes returns the routes of a table", async () => {
  const { routes } = (await call("getRoutes", { netns: a })) as { routes: object[] };
  expect(routes).toEqual(
    expect.arrayContaining([
      { destination: "default", via: "10.8.0.9", device: "br0", metric: 7, protocol: "3" },
      { destination: "10.9.0.0/16", nextHops: ["10.8.0.7", "10.8.0.8"], metric: 0, protocol: "3" },
      { destination: "10.8.0.0/24", device: "br0", source: "10.8.0.1", metric: 0, protocol: "2" },
    ]),
  );
  expect(routes).toHaveLength(3);
  const { routes: other } = (await call("getRoutes", { netns: a, table: 100 })) as { routes: object[] };
  expect(other).toMatchObject([{ destination: "10.10.0.0/16" }]);
  expect(await call("getRoutes", { netns: a, family: "ipv6", table: 100 })).toEqual({ routes: [] });
  expect(await call("getRoutes", { netns: `${a}-no` })).toEqual({ routes: [] });
});

test("runProbe returns whether traffic flows, and does not fail", async () => {
  const ping = (address: string) => call("runProbe", { netns: a, ping: { address }, timeoutSeconds: 1 });
  expect(await ping("10.8.0.1")).toEqual({ ok: true, milliseconds: expect.any(Number) });
  expect(await ping("10.8.0.77")).toEqual({ ok: false, reason: expect.stringContaining("10.8.0.77") });
});

test("a wrong argument is an error that names the input and the rule", async () => {
  const wrong = async (name: string, args: object) => String(await call(name, args).catch((error) => error));
  expect(await wrong("getLink", { name: "-x" })).toMatch(
    /getLink -x: read: name: must be 1 to 15 of letters.* \[LN_INPUT\]/,
  );
  expect(await wrong("getLink", {})).toContain("name: ");
  expect(await wrong("getRoutes", { netns: a, tabel: 3 })).toContain("tabel");
  expect(await wrong("runProbe", { netns: a })).toContain("give one of http");
});
