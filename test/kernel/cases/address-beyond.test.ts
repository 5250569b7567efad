import { check, type Values } from "../../../provider/src/core/check";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { bridge, address as kind } from "../../../provider/src/kinds";
import { readAddress } from "../support/addresses";
import { beyond, failure } from "../support/contract";
import { hostUrl, settings, testHost, World } from "../support/world";

beyond("Address: beyond the contract", () => {
  const world = new World();
  const [a, b] = [world.netns("a"), world.netns("b")];
  const ip = (...args: string[]) => world.run("ip", "-n", a, ...args);
  const inputs = (values: Values) =>
    check(kind, { device: "d0", netns: a, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  const make = (values: Values) => create(kind, inputs(values), settings);
  const addresses = async () =>
    [...(await ip("-o", "-4", "addr", "show", "dev", "d0")).matchAll(/inet (\S+)/g)].map(([, each]) => each);

  beforeAll(async () => {
    await world.build();
    await ip("link", "add", "d0", "type", "veth", "peer", "name", "d1", "netns", b);
    await ip("link", "set", "dev", "d0", "up");
    await world.run("ip", "-n", b, "link", "set", "dev", "d1", "up");
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test.each(["0", "1"])(
    "with promote_secondaries=%s, the removal of a primary address keeps its secondaries, and routes by the link or from them",
    async (promote) => {
      await world.script(a, `echo ${promote} > /proc/sys/net/ipv4/conf/all/promote_secondaries`);
      const one = await make({ address: "10.3.0.1/24" });
      const two = await make({ address: "10.3.0.2/24", label: "d0:two", broadcast: "+" });
      await ip("addr", "add", "10.3.0.3/24", "dev", "d0");
      await ip("route", "add", "10.4.0.0/16", "dev", "d0", "src", "10.3.0.2");
      const line = async () => (await ip("-o", "addr", "show", "to", "10.3.0.2/32")).replace(" secondary", "");
      const before = await line();
      await remove(kind, one.id, one.outputs, settings);
      expect(await addresses()).toEqual(["10.3.0.2/24", "10.3.0.3/24"]);
      expect(await line()).toBe(before);
      expect(await ip("route", "show", "10.4.0.0/16")).toContain("src 10.3.0.2");
      await ip("addr", "del", "10.3.0.3/24", "dev", "d0");
      await ip("route", "del", "10.4.0.0/16");
      await ip("route", "add", "10.5.0.0/16", "dev", "d0");
      await remove(kind, two.id, two.outputs, settings);
      expect(await addresses()).toEqual([]);
      // With a link's last address the kernel removes all of its routes.
      expect(await ip("route", "show")).toContain("10.5.0.0/16");
      await ip("route", "del", "10.5.0.0/16");
    },
  );

  test("many addresses that come and go on one link at the same time do not disturb each other", async () => {
    const all = Array.from({ length: 8 }, (_, index) => `10.3.0.${index + 1}/24`);
    const made = await Promise.all(all.map((address) => make({ address })));
    expect((await addresses()).sort()).toEqual(all);
    const [left, ...rest] = made;
    await Promise.all(rest.map(({ id, outputs }) => remove(kind, id, outputs, settings)));
    expect(await addresses()).toEqual(["10.3.0.1/24"]);
    await remove(kind, left?.id ?? "", left?.outputs ?? {}, settings);
    expect(await addresses()).toEqual([]);
  });

  test("an address that another host has is refused and not left behind, also if that is found out later", async () => {
    const there = ["2001:db8:dad::1/64", "dev", "d1"];
    await world.run("ip", "-n", b, "addr", "add", ...there, "nodad");
    expect(await failure(() => make({ address: "2001:db8:dad::1/64" }))).toMatchObject({
      message: expect.stringContaining(`address: d1@${b} has 2001:db8:dad::1 already`),
    });
    expect(await readAddress(world, a, "d0", "2001:db8:dad::1/64")).toBeUndefined();
    await world.run("ip", "-n", b, "addr", "del", ...there);
    const { id, outputs } = await make({ address: "2001:db8:dad::1/64" });
    expect(await read(kind, id, outputs, settings)).toBeDefined();
    await remove(kind, id, outputs, settings);
    expect(await readAddress(world, a, "d0", "2001:db8:dad::1/64")).toBeUndefined();
  });

  test.each([
    ["lo", "127.0.0.1/8"],
    ["lo", "::1/128"],
  ])("the address that the kernel gives %s is refused: %s", async (device, address) => {
    const { failures } = check(kind, { device, address, owner: world.owner });
    expect(failures).toMatchObject([{ property: "address", reason: expect.stringContaining("the kernel itself") }]);
  });

  test("a link-local address of the kernel is not adopted, and one made by hand is", async () => {
    const [, linkLocal = ""] = /inet6 (fe80:\S+)/.exec(await ip("-o", "addr", "show", "dev", "d0")) ?? [];
    expect(await failure(() => make({ address: linkLocal, adopt: true }))).toMatchObject({ code: "LN_EXISTS" });
    await ip("addr", "add", "fe80::1/64", "dev", "d0", "nodad");
    const { id, outputs } = await make({ address: "fe80::1/64", adopt: true, noDad: true });
    await remove(kind, id, outputs, settings);
    expect(await ip("-o", "addr", "show", "dev", "d0")).toContain(linkLocal);
  });

  test("an existing IPv6 address with another prefix length is not adopted", async () => {
    await ip("addr", "add", "2001:db8::5/64", "dev", "d0", "nodad");
    const error = await failure(() => make({ address: "2001:db8::5/128", adopt: true }));
    expect(error).toMatchObject({
      code: "LN_EXISTS",
      message: expect.stringContaining("the address 2001:db8::5/64"),
    });
    await ip("addr", "del", "2001:db8::5/64", "dev", "d0");
  });

  test("an Address and the addresses of a Bridge do not touch each other, and the bridge refuses one that is an Address", async () => {
    const name = world.name("br");
    const of = (addresses: string[]) =>
      check(bridge, { name, netns: a, addresses, owner: `${world.owner}-br`, ...(hostUrl && { host: hostUrl }) })
        .inputs;
    const link = await create(bridge, of(["10.6.0.1/24", "10.6.0.9/24"]), settings);
    const ours = await make({ device: name, address: "10.6.0.2/24", label: `${name}:x`.slice(0, 15) });
    const of6 = await make({ device: name, address: "2001:db8:6::2/64", noDad: true });
    const isThere = async () => {
      for (const each of [ours, of6])
        expect((await read(kind, each.id, each.outputs, settings))?.outputs).toEqual(each.outputs);
    };
    // The primary address is removed, and the link goes down and up.
    let state = await update(bridge, link.id, link.outputs, of(["10.6.0.9/24"]), settings);
    await isThere();
    state = await update(bridge, link.id, state, { ...of(["10.6.0.9/24"]), up: false }, settings);
    state = await update(bridge, link.id, state, of(["10.6.0.9/24"]), settings);
    await isThere();
    expect((await read(bridge, link.id, state, settings))?.outputs).toEqual(state);
    const error = await failure(() => update(bridge, link.id, state, of(["10.6.0.9/24", "10.6.0.2/24"]), settings));
    expect(error).toMatchObject({ code: "LN_EXISTS", message: expect.stringContaining(world.owner) });
    await isThere();
    await remove(kind, ours.id, ours.outputs, settings);
    await remove(kind, of6.id, of6.outputs, settings);
    expect((await read(bridge, link.id, state, settings))?.outputs).toEqual(state);
    await remove(bridge, link.id, state, settings);
  });

  test("the addresses of links without a kind, and those that a link's list cannot express, are listed", async () => {
    await ip("addr", "add", "10.7.0.1/32", "dev", "lo");
    await ip("addr", "add", "10.7.0.2/24", "dev", "d0");
    await ip("addr", "add", "10.7.0.3", "peer", "10.7.1.3/32", "dev", "d0");
    await ip("addr", "add", "fe80::7/64", "dev", "d0");
    const importable = await kind.imports?.list(testHost(), a);
    const ids = importable?.map(({ id }) => id.replace(`@${a}`, ""));
    expect(ids?.sort()).toEqual(["d0/10.7.0.3 peer 10.7.1.3/32", "d0/fe80::7/64", "lo/10.7.0.1/32"]);
  });

  test.each<[Values, string, string]>([
    [{ address: "10.0.0.1" }, "address", "must be an address with a prefix length"],
    [{ address: "0.0.0.0/8" }, "address", "must not be the unspecified address"],
    [{ address: "ff02::1/64" }, "address", "must not be a multicast address"],
    [{ peer: "2001:db8::1" }, "peer", "must be of IPv4"],
    [{ address: "2001:db8::1/64", label: "x" }, "label", "has no meaning for IPv6 addresses"],
    [{ address: "2001:db8::1/64", broadcast: "+" }, "broadcast", "has no meaning for IPv6 addresses"],
    [{ address: "2001:db8::1/64", scope: "host" }, "scope", "has no meaning for IPv6 addresses"],
    [{ address: "2001:db8::1/64", metric: 0 }, "metric", "must be at least 1"],
    [{ broadcast: "2001:db8::1" }, "broadcast", "must be an IPv4 address"],
    [{ address: "10.0.0.1/31", broadcast: "+" }, "broadcast", "prefix length above 30"],
    [{ noDad: true }, "noDad", "is only for IPv6 addresses"],
    [{ label: "a name too long" }, "label", "must be 1 to 15 of letters"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const { failures } = check(kind, { device: "d0", address: "10.0.0.1/24", owner: world.owner, ...values });
    expect(failures).toMatchObject([{ property, reason: expect.stringContaining(rule) }]);
  });
});
