import type { Values } from "../../../provider/src/core/check";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { pod as kind } from "../../../provider/src/kinds";
import { beyond, failure } from "../support/contract";
import { readLink } from "../support/links";
import { hostUrl, settings, World } from "../support/world";

beyond("Pod", () => {
  const world = new World();
  const [node, name, other] = [world.netns("n"), world.name("p"), world.name("q")];
  const inputs = (name: string, link: string): Values => ({
    ...{ name, link, netns: node, bridge: "br0", up: true, owner: `${world.owner}/${link}` },
    ...(hostUrl && { host: hostUrl }),
  });
  beforeAll(() => world.build());
  afterAll(async () => {
    for (const each of [name, other]) await world.try("ip", "netns", "del", each);
    expect(await world.cleanUp()).toEqual([]);
  });
  const addBridge = () => world.run("ip", "-n", node, "link", "add", "name", "br0", "type", "bridge");
  const isThere = async (pod: string) => (await world.run("ls", "/run/netns")).split("\n").includes(pod);

  test("its namespace stays when that of the bridge is removed: read shows it, update repairs it, and delete removes it", async () => {
    await addBridge();
    const args = inputs(name, "v");
    const { id, outputs } = await create(kind, args, settings);
    await world.run("ip", "netns", "del", node);
    const refreshed = await read(kind, id, outputs, settings);
    expect(refreshed?.outputs.bridge).toBeUndefined();
    await world.build();
    await addBridge();
    const mended = await update(kind, id, refreshed?.outputs ?? {}, args, settings);
    expect(mended).toMatchObject({ bridge: "br0", up: true });
    await world.run("ip", "netns", "del", node);
    await remove(kind, id, mended, settings);
    expect(await isThere(name)).toBe(false);
    await world.build();
  });

  test.each(["1400", "1300"])(
    "an mtu that somebody changed at one end, to %s, is seen, and goes when the input is taken away",
    async (mtu) => {
      await addBridge();
      const args = { ...inputs(name, "v"), mtu: mtu === "1400" ? 1300 : 1400 };
      const { id, outputs } = await create(kind, args, settings);
      await world.run("ip", "-n", node, "link", "set", "dev", "v", "mtu", mtu);
      const refreshed = (await read(kind, id, outputs, settings))?.outputs ?? {};
      expect(refreshed.mtu).toBe(0);
      const { mtu: _, ...without } = args;
      const mended = await update(kind, id, refreshed, without, settings);
      expect((await readLink(world, node, "v"))?.mtu).toBe("1500");
      expect((await readLink(world, name, "eth0"))?.mtu).toBe("1500");
      await remove(kind, id, mended, settings);
      await world.run("ip", "-n", node, "link", "del", "br0");
    },
  );

  test("a link of another owner with its name is refused, and no namespace is made", async () => {
    await addBridge();
    const theirs = ["link", "add", "name", "w", "type", "veth", "peer", "name", "w1"];
    await world.run("ip", "-n", node, ...theirs);
    const error = await failure(() => create(kind, inputs(other, "w"), settings));
    expect(error).toMatchObject({ code: "LN_EXISTS" });
    expect(await isThere(other)).toBe(false);
    expect(await readLink(world, node, "w")).toBeDefined();
  });

  test.each([
    { addresses: ["10.7.0.2/24"], mode: "none" },
    { addresses: ["10.7.0.3/24"], gateway6: "fe80::1", mode: "eui64" },
    { addresses: ["10.7.0.4/24", "2001:db8:7::4/64"], mode: "eui64" },
  ])("its links send nothing by themselves unless it has IPv6: %j", async ({ mode, ...request }) => {
    await world.try("ip", "-n", node, "link", "add", "name", "br0", "type", "bridge");
    const { id, outputs } = await create(kind, { ...inputs(other, "x"), ...request }, settings);
    const modeOf = async (netns: string, link: string) =>
      /addrgenmode (\S+)/.exec(await world.run("ip", "-n", netns, "-d", "link", "show", "dev", link))?.[1];
    expect([await modeOf(node, "x"), await modeOf(other, "eth0")]).toEqual(["none", mode]);
    await remove(kind, id, outputs, settings);
  });
});
