import { check, type Values } from "../../../provider/src/core/check";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { link as kind } from "../../../provider/src/kinds";
import { beyond, contract, failure } from "../support/contract";
import { hostUrl, settings, World } from "../support/world";

contract("that is moved", (world) => {
  const [netns, origin] = [world.netns("a"), world.netns("b")];
  const name = world.name("m");
  const ip = (place: string, ...args: string[]) => world.run("ip", "-n", place, ...args);
  return {
    kind,
    async prepare() {
      await ip(origin, "link", "add", "name", name, "type", "veth", "peer", "name", "far");
      await ip(origin, "link", "set", "dev", name, "up");
    },
    inputs: { name, netns, from: origin, up: true, addresses: ["10.9.0.1/24"] },
    async actual() {
      const shown = await ip(netns, "-o", "addr", "show", "dev", name).catch(() => undefined);
      const there = await ip(origin, "-o", "link", "show", "dev", name).catch(() => "");
      // It is back, and up again.
      if (shown === undefined) return /[<,]UP[,>]/.test(there) ? undefined : { there };
      const link = await ip(netns, "-o", "link", "show", "dev", name);
      return {
        there,
        isUp: /[<,]UP[,>]/.test(link),
        mtu: /mtu (\d+)/.exec(link)?.[1],
        addresses: shown.match(/10\.9\S+/g),
      };
    },
    expected: ({ up, mtu = 1500, addresses = null }: Values) => ({ there: "", isUp: up, mtu: String(mtu), addresses }),
    updates: [
      { what: "mtu, another address", change: { mtu: 1400, addresses: ["10.9.0.2/24"] } },
      { what: "mtu taken away", change: { mtu: undefined } },
    ],
    needed: { from: "it is not there without", up: "it is down after the move" },
    replaces: { from: "other" },
    drifts: [{ what: "down", input: "up", by: () => ip(netns, "link", "set", "dev", name, "down") }],
    ignores: [],
    vanish: () => ip(netns, "link", "set", "dev", name, "netns", origin, "up"),
    parent: { none: "with the namespace, the kernel removes a link that is no hardware" },
    foreign: { none: "it has no owner; delete moves it back" },
    faults: {
      update: { what: "another mtu, no address", change: { mtu: 1300, addresses: undefined } },
      tool: "ip",
      obstacle: { none: "as in the first case" },
    },
  };
});

beyond("Link: what may be moved", () => {
  const world = new World();
  const [netns, origin] = [world.netns("a"), world.netns("b")];
  const ip = (place: string, ...args: string[]) => world.run("ip", "-n", place, ...args);
  const inputs = (values: Values) => {
    const all = { name: "d0", netns, from: origin, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values };
    return check(kind, all).inputs;
  };
  const make = (values: Values) => create(kind, inputs(values), settings);
  beforeAll(async () => {
    await world.build();
    await ip(origin, "link", "add", "d0", "type", "veth", "peer", "name", "d1");
    await ip(origin, "link", "set", "dev", "d1", "up");
    await ip(origin, "link", "set", "dev", "d0", "up");
    await ip(origin, "link", "add", "br0", "type", "bridge");
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test.each([
    [
      "the address 10.1.0.1/24",
      ["addr", "add", "10.1.0.1/24", "dev", "d0"],
      ["addr", "del", "10.1.0.1/24", "dev", "d0"],
    ],
    ["the master br0", ["link", "set", "dev", "d0", "master", "br0"], ["link", "set", "dev", "d0", "nomaster"]],
    [
      "the route to 10.2.0.0/16",
      ["route", "add", "10.2.0.0/16", "dev", "d0"],
      ["route", "del", "10.2.0.0/16", "dev", "d0"],
    ],
  ])("one with %s is not, and stays as it was", async (what, add, remove) => {
    await ip(origin, ...add);
    const before = await world.settled();
    const error = await failure(() => make({}));
    expect(error).toMatchObject({
      code: "LN_EXISTS",
      message: expect.stringContaining(`from: d0@${origin} has ${what}, which a move would take away`),
    });
    expect(await world.settled(before)).toBe(before);
    await ip(origin, ...remove);
  });

  test("one that is elsewhere, or there already, is an error", async () => {
    expect(await failure(() => make({ name: "d7" }))).toMatchObject({
      message: expect.stringContaining(`from: there is no link d7@${origin}`),
    });
    await ip(netns, "link", "add", "d8", "type", "veth", "peer", "name", "d9");
    expect(await failure(() => make({ name: "d8" }))).toMatchObject({
      message: expect.stringContaining("it is in the other one already; without `from`, it stays there"),
    });
  });

  test("a value that the kernel refuses moves it back, up as it was", async () => {
    const lines = (text: string) => text.split("\n").sort();
    const before = await world.settled();
    await failure(() => make({ mtu: 1400, master: "nowhere" }));
    expect(lines(await world.settled(before))).toEqual(lines(before));
  });

  test("one that is moved out by hand is moved in again", async () => {
    const { id, outputs } = await make({ up: true });
    await ip(netns, "link", "set", "dev", "d0", "netns", origin);
    expect(await read(kind, id, outputs, settings)).toBeUndefined();
    const state = await update(kind, id, outputs, inputs({ up: true }), settings);
    expect(await ip(netns, "-o", "link", "show", "dev", "d0")).toMatch(/[<,]UP[,>]/);
    await remove(kind, id, state, settings);
    expect(await ip(origin, "-o", "link", "show", "dev", "d0")).toMatch(/[<,]UP[,>]/);
  });

  test("one of the host's own namespace comes back there", async () => {
    const name = world.name("h");
    await world.run("ip", "link", "add", name, "type", "veth", "peer", "name", world.name("i"));
    const { id, outputs } = await make({ name, from: "/", up: true });
    expect(await ip(netns, "-o", "link", "show", "dev", name)).toMatch(/[<,]UP[,>]/);
    await remove(kind, id, outputs, settings);
    expect(await world.run("ip", "-o", "link", "show", "dev", name)).toMatch(/state DOWN/);
    await world.run("ip", "link", "del", "dev", name);
  });

  test.each([
    [{ from: "x", netns: "x" }, "from: must be another namespace than netns"],
    [{ from: "/" }, "from: must be another namespace than netns"],
    [{ from: 7, netns: "x" }, 'from: must be the name of a network namespace, or "/" for the host\'s own'],
    [{ from: "/", netns: "x", name: "lo" }, "from: must not be given: every namespace has its own lo"],
  ])("%j is refused at preview", (values, reason) => {
    const { failures } = check(kind, { owner: "p/s/r", name: "eth1", ...values });
    expect(failures.map((each) => each.reason)).toEqual([reason]);
  });
});
