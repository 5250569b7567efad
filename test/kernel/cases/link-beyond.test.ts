import { check, type Values } from "../../../provider/src/core/check";
import { findImportable } from "../../../provider/src/core/import";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { bridge, link as kind } from "../../../provider/src/kinds";
import { beyond, failure } from "../support/contract";
import { hostUrl, settings, testHost, World } from "../support/world";

beyond("Link: beyond the contract", () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const inputs = (values: Values) =>
    check(kind, { name: "d0", netns, owner: world.owner, ...(hostUrl && { host: hostUrl }), ...values }).inputs;
  const make = (values: Values) => create(kind, inputs(values), settings);
  const other = `lnt/other/${world.tag}`;
  const mtu = async () => Number(/mtu (\d+)/.exec(await ip("link", "show", "dev", "d0"))?.[1]);
  const addresses = async () =>
    [...(await ip("-o", "-4", "addr", "show", "dev", "d0")).matchAll(/inet (\S+)/g)].map(([, each]) => each);

  beforeAll(async () => {
    await world.build();
    await ip("link", "add", "d0", "type", "veth", "peer", "name", "d1");
    await ip("link", "set", "dev", "d0", "up");
  });
  afterAll(async () => expect(await world.cleanUp()).toEqual([]));

  test("two stacks with the same values share them, and the last delete puts the former values back", async () => {
    const one = await make({ mtu: 1400 });
    const two = await make({ mtu: 1400, up: true, owner: other });
    await remove(kind, one.id, one.outputs, settings);
    expect(await mtu()).toBe(1400);
    await remove(kind, two.id, two.outputs, settings);
    expect(await mtu()).toBe(1500);
  });

  test("a stack with another value is refused, and one that sets other inputs is not", async () => {
    const one = await make({ mtu: 1400 });
    const error = await failure(() => make({ mtu: 1300, owner: other }));
    expect(error).toMatchObject({ code: "LN_EXISTS", message: expect.stringContaining("mtu: ") });
    expect(await mtu()).toBe(1400);
    const two = await make({ txQueueLength: 77, owner: other });
    const state = await update(kind, one.id, one.outputs, inputs({ mtu: 1350 }), settings);
    await remove(kind, one.id, state, settings);
    expect(await ip("link", "show", "dev", "d0")).toMatch(/mtu 1500 .* qlen 77/);
    await remove(kind, two.id, two.outputs, settings);
    expect(await ip("link", "show", "dev", "d0")).toMatch(/mtu 1500 .* qlen 1000/);
  });

  test("an address that existed before, or that another stack has, stays", async () => {
    await ip("addr", "add", "10.1.0.1/24", "dev", "d0");
    const one = await make({ addresses: ["10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24"] });
    const two = await make({ addresses: ["10.1.0.3/24"], owner: other });
    const state = await update(kind, one.id, one.outputs, inputs({ mtu: 1400, addresses: ["10.1.0.2/24"] }), settings);
    expect(await addresses()).toEqual(["10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24"]);
    const less = await update(kind, one.id, state, inputs({ mtu: 1400 }), settings);
    expect(await addresses()).toEqual(["10.1.0.1/24", "10.1.0.3/24"]);
    await remove(kind, one.id, less, settings);
    await remove(kind, two.id, two.outputs, settings);
    expect(await addresses()).toEqual(["10.1.0.1/24"]);
    await ip("addr", "del", "10.1.0.1/24", "dev", "d0");
  });

  test("an input that a crashed run set is put back if the next run does not set it", async () => {
    await make({ mtu: 1400, arp: false });
    const { id, outputs } = await make({ arp: false });
    expect(await mtu()).toBe(1500);
    await remove(kind, id, outputs, settings);
    expect(await ip("link", "show", "dev", "d0")).not.toContain("NOARP");
  });

  test("a value that the kernel refuses is an error, and leaves nothing", async () => {
    await ip("addr", "add", "10.1.0.1/24", "dev", "d0");
    const before = await world.settled();
    await failure(() => make({ arp: false, master: "nowhere" }));
    expect(await world.settled(before)).toBe(before);
    await ip("addr", "del", "10.1.0.1/24", "dev", "d0");
  });

  test("the error for a link whose speed cannot be set names it, and the link stays as it was", async () => {
    const before = await world.settled();
    const error = await failure(() => make({ speed: 1000, mtu: 1400 }));
    expect(error).toMatchObject({ code: "LN_KERNEL", message: expect.stringContaining("d0 takes no speed") });
    expect(await world.settled(before)).toBe(before);
  });

  test("lo has options too, also with the mark of its namespace", async () => {
    await ip("link", "set", "dev", "lo", "alias", "localnet:a/b/c");
    const { id, outputs } = await make({ name: "lo", mtu: 1400, addresses: ["10.2.0.1/32"] });
    expect(await ip("addr", "show", "dev", "lo")).toMatch(/mtu 1400 .*10\.2\.0\.1\/32/s);
    expect((await read(kind, id, outputs, settings))?.outputs).toEqual(outputs);
    await remove(kind, id, outputs, settings);
    expect(await ip("addr", "show", "dev", "lo")).toMatch(/mtu 65536/);
  });

  test("a link that a resource makes is refused, and one that does not exist is an error", async () => {
    const name = world.name("br");
    const made = await create(
      bridge,
      check(bridge, { name, netns, owner: `${world.owner}-br`, ...(hostUrl && { host: hostUrl }) }).inputs,
      settings,
    );
    const error = await failure(() => make({ name, mtu: 1400, adopt: true }));
    expect(error).toMatchObject({ code: "LN_EXISTS", message: expect.stringContaining(`${world.owner}-br`) });
    await remove(bridge, made.id, made.outputs, settings);
    expect(await failure(() => make({ name, mtu: 1400 }))).toMatchObject({ message: expect.stringContaining(name) });
  });

  test("an imported link keeps its values on destroy, and a link that no kind makes is left out of the list", async () => {
    const importable = await findImportable(kind, `d0@${netns}`, world.owner, { ...settings, host: hostUrl });
    expect(importable?.inputs).toMatchObject({ name: "d0", up: true });
    await remove(kind, importable?.id ?? "", importable?.outputs ?? {}, { ...settings, host: hostUrl });
    expect(await ip("link", "show", "dev", "d0")).toContain("UP");
    expect(await kind.imports?.list(testHost(), netns)).toEqual([]);
  });

  test.each<[Values, string, string]>([
    [{}, "up", "there is nothing to set"],
    [{ mtu: 1000, addresses: ["2001:db8::1/64"] }, "mtu", "must be at least 1280"],
    [{ master: "d0" }, "master", "must be another link"],
    [{ mac: "01:00:00:00:00:01" }, "mac", "must be a unicast MAC address"],
    [{ addresses: ["10.0.0.1"] }, "addresses", "must be an address with a prefix length"],
    [{ speed: 0 }, "speed", "must be 1 to 2147483647"],
    [{ txQueueLength: -1 }, "txQueueLength", "must be 0 to 1000000"],
  ])("%j is refused at %s: %s", (values, property, rule) => {
    const { failures } = check(kind, { name: "d0", owner: world.owner, ...values });
    expect(failures).toMatchObject([
      { property: expect.stringMatching(`^${property}`), reason: expect.stringContaining(rule) },
    ]);
  });
});
