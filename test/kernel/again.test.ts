import { check, type Values } from "../../provider/src/core/check";
import type { AnyKind } from "../../provider/src/core/kind";
import { eraseNetns } from "../../provider/src/core/ledger";
import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import { iptablesPolicy, link, route, sysctl } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { hostUrl, settings, testHost, World } from "./support/world";

/** A link or a namespace is deleted and made again by hand: what was asked for of the former one holds for it no more. */
describe("a link or a namespace that was deleted and made again by hand", () => {
  let world: World;
  let netns: string;
  beforeEach(async () => {
    world = new World();
    netns = world.netns("a");
    await world.build();
    await addLink();
  });
  afterEach(async () => {
    // Entries of the ledger that are void are removed with their namespace.
    await eraseNetns(testHost(), netns);
    expect(await world.cleanUp()).toEqual([]);
  });

  const addLink = () => world.run("ip", "-n", netns, "link", "add", "d.1", "type", "bridge");
  const linkAgain = async () => {
    await world.run("ip", "-n", netns, "link", "del", "d.1");
    await addLink();
  };
  const netnsAgain = async () => {
    for (const verb of ["del", "add"]) await world.run("ip", "netns", verb, netns);
  };
  const of = (kind: AnyKind, values: Values) => {
    const make = async (more: Values = {}) => {
      const all = { netns, owner: world.owner, ...values, ...more, ...(hostUrl && { host: hostUrl }) };
      const { inputs } = check(kind, all);
      const { id, outputs } = await create(kind, inputs, settings);
      return {
        ...{ id, inputs, outputs },
        delete: () => remove(kind, id, outputs, settings),
        read: () => read(kind, id, outputs, settings),
        update: async () => {
          const news = await update(kind, id, outputs, inputs, settings);
          return { outputs: news, delete: () => remove(kind, id, news, settings) };
        },
      };
    };
    return { make, others: { owner: `lnt/other/${world.tag}` } };
  };

  const value = async (key: string) => (await world.script(netns, `cat /proc/sys/${key}`)).trim();
  const put = (key: string, is: number) => world.script(netns, `echo ${is} > /proc/sys/${key}`);
  const policy = async () => /FORWARD (\w+)/.exec(await world.runIn(netns, "iptables", "-S", "FORWARD"))?.[1];

  const settingsOf = [
    ["a link's setting", "net/ipv4/conf/d.1/rp_filter", linkAgain],
    ["a link's setting of IPv6", "net/ipv6/conf/d.1/accept_ra", linkAgain],
    ["a link's setting of neighbours", "net/ipv4/neigh/d.1/app_solicit", linkAgain],
    ["a namespace's setting", "net/ipv4/conf/all/rp_filter", netnsAgain],
  ] as const;

  describe.each(settingsOf)("%s", (_what, key, again) => {
    test("another stack may set another value", async () => {
      const { make, others } = of(sysctl, { key, value: 2 });
      await make();
      await again();
      const usual = await value(key);
      const other = await make({ ...others, value: 1 });
      expect(other.outputs).toMatchObject({ previousValue: usual });
      await other.delete();
      expect(await value(key)).toBe(usual);
    });

    test("destroy of the former stack puts back nothing", async () => {
      const { make } = of(sysctl, { key, value: 2 });
      await put(key, 0);
      const one = await make();
      await again();
      await put(key, 1);
      await one.delete();
      expect(await value(key)).toBe("1");
    });

    test("after an update, destroy puts back the value that the update found", async () => {
      const { make } = of(sysctl, { key, value: 2 });
      await put(key, 0);
      const one = await make();
      await again();
      await put(key, 1);
      expect((await one.read())?.inputs).toMatchObject({ value: "1" });
      const two = await one.update();
      expect(await value(key)).toBe("2");
      await two.delete();
      expect(await value(key)).toBe("1");
    });
  });

  test("a policy: another stack may set another one, and destroy of the former stack puts back nothing", async () => {
    const { make, others } = of(iptablesPolicy, {
      family: "ipv4",
      table: "filter",
      chain: "FORWARD",
      policy: "ACCEPT",
    });
    await world.runIn(netns, "iptables", "-P", "FORWARD", "DROP");
    const one = await make();
    await netnsAgain();
    const other = await make({ ...others, policy: "DROP" });
    await other.delete();
    expect(await policy()).toBe("ACCEPT");
    await one.delete();
    expect(await policy()).toBe("ACCEPT");
  });

  test("an existing link: another stack may set another mtu, and destroy of the former stack puts back nothing", async () => {
    const { make, others } = of(link, { name: "d.1", mtu: 1400 });
    const one = await make();
    await linkAgain();
    const other = await make({ ...others, mtu: 1300 });
    await other.delete();
    const show = () => world.run("ip", "-n", netns, "link", "show", "dev", "d.1");
    expect(await show()).toContain("mtu 1500");
    await world.run("ip", "-n", netns, "link", "set", "dev", "d.1", "mtu", "1450");
    await one.delete();
    expect(await show()).toContain("mtu 1450");
  });

  test("a route made by hand in it has no owner: it stays, and may be adopted", async () => {
    const { make, others } = of(route, { destination: "10.8.0.0/16", type: "blackhole" });
    const one = await make();
    await netnsAgain();
    await world.run("ip", "-n", netns, "route", "add", "blackhole", "10.8.0.0/16");
    expect(await one.read()).toBeUndefined();
    await one.delete();
    const show = () => world.run("ip", "-n", netns, "route", "show");
    expect(await show()).toContain("blackhole 10.8.0.0/16");
    expect(await failure(() => make(others))).toMatchObject({ code: "LN_EXISTS" });
    const adopted = await make({ ...others, adopt: true });
    await adopted.delete();
    expect(await show()).toBe("");
  });
});
