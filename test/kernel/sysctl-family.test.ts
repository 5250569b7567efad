import type { Values } from "../../provider/src/core/check";
import { eraseNetns } from "../../provider/src/core/ledger";
import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import { sysctl as kind } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { hostUrl, settings, testHost, World } from "./support/world";

/** A write to one setting changes others. Each test has its own namespace. */
describe("Sysctl: settings that a write changes too", () => {
  let world: World;
  let netns: string;
  beforeEach(async () => {
    world = new World();
    netns = world.netns("f");
    await world.build();
    await world.script(netns, "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up");
  });
  afterEach(async () => expect(await world.cleanUp()).toEqual([]));

  const inputs = (key: string, value: string | number, name = key, more: Values = {}) => ({
    ...{ key, value, netns, owner: `${world.owner}/${name}`, ...(hostUrl && { host: hostUrl }) },
    ...more,
  });
  const make = async (...given: Parameters<typeof inputs>) => {
    const made = await create(kind, inputs(...given), settings);
    return { ...made, delete: () => remove(kind, made.id, made.outputs, settings) };
  };
  const get = async (key: string) => (await world.script(netns, `cat /proc/sys/${key}`)).trim();
  const set = (key: string, value: string | number) => world.script(netns, `echo ${value} > /proc/sys/${key}`);
  const forwarding = () => world.script(netns, "grep -rH --include=forwarding . /proc/sys/net/ipv4/conf | sort");

  test("two names of one variable are the same setting: both may set it, and the last delete puts it back", async () => {
    const before = await forwarding();
    const one = await make("net.ipv4.ip_forward", 1);
    const two = await make("net.ipv4.conf.all.forwarding", 1);
    expect(two.outputs).toMatchObject({ previousValue: "0" });
    await one.delete();
    expect(await get("net/ipv4/ip_forward")).toBe("1");
    await two.delete();
    expect(await forwarding()).toBe(before);
  });

  test("another stack that sets another value is refused under each name", async () => {
    const one = await make("net.ipv4.ip_forward", 1);
    const other = inputs("net.ipv4.conf.all.forwarding", 0, "x", { owner: `lnt/other/${world.tag}` });
    expect(await failure(() => create(kind, other, settings))).toMatchObject({ code: "LN_EXISTS" });
    await one.delete();
  });

  test("a setting of a removed namespace does not hold for a namespace that gets its name by hand", async () => {
    await make("net.ipv4.ip_forward", 1);
    for (const verb of ["del", "add"]) await world.run("ip", "netns", verb, netns);
    const owner = `lnt/other/${world.tag}`;
    const other = await make("net.ipv4.conf.all.forwarding", 0, "x", { owner });
    expect(other.outputs).toMatchObject({ previousValue: "0" });
    await other.delete();
    // The first entry is void, and is removed with the namespace.
    await eraseNetns(testHost(), netns);
  });

  test("a renamed resource with another value takes the setting over", async () => {
    await set("net/ipv4/ip_default_ttl", 60);
    const one = await make("net.ipv4.ip_default_ttl", 70, "old");
    const two = await make("net.ipv4.ip_default_ttl", 80, "new");
    await one.delete();
    expect(await get("net/ipv4/ip_default_ttl")).toBe("80");
    await two.delete();
    expect(await get("net/ipv4/ip_default_ttl")).toBe("60");
  });

  test.each([0, 1])("forwarding leaves accept_redirects at %s, at create and at delete", async (value) => {
    await set("net/ipv4/conf/all/accept_redirects", value);
    const forward = await make("net.ipv4.ip_forward", 1);
    expect(await get("net/ipv4/conf/all/accept_redirects")).toBe(String(value));
    await forward.delete();
    expect(await get("net/ipv4/conf/all/accept_redirects")).toBe(String(value));
    expect(await get("net/ipv4/ip_forward")).toBe("0");
  });

  test("the setting of a link by another resource stays, and in the end nothing forwards, in any order", async () => {
    const before = await forwarding();
    const link = ["net.ipv4.conf.v0.forwarding", 0] as const;
    for (const first of ["link", "all"]) {
      for (const gone of ["link", "all"]) {
        await set("net/ipv4/conf/v0/forwarding", 0);
        const makers = [() => make("net.ipv4.ip_forward", 1), () => make(...link)];
        const made = [];
        for (const each of first === "link" ? makers.toReversed() : makers) made.push(await each());
        expect([first, gone, await get("net/ipv4/conf/v0/forwarding")]).toEqual([first, gone, "0"]);
        expect(await get("net/ipv4/conf/v1/forwarding")).toBe("1");
        for (const { id, outputs } of made)
          expect(await read(kind, id, outputs, settings)).toMatchObject({ id, outputs });
        const order = (gone === "link") === (first === "link") ? made : made.toReversed();
        for (const each of order) await each.delete();
        expect([first, gone, await forwarding()]).toEqual([first, gone, before]);
      }
    }
  });

  test("with the setting of a link, in the end nothing forwards, in either order of delete", async () => {
    const before = await forwarding();
    for (const reverse of [false, true]) {
      const made = [await make("net.ipv4.ip_forward", 1), await make("net.ipv4.conf.v0.forwarding", 1)];
      expect(made[1]?.outputs).toMatchObject({ previousValue: "0" });
      for (const each of reverse ? made.reverse() : made) await each.delete();
      expect(await forwarding()).toBe(before);
    }
  });

  test("a link that forwarded before still does after delete, and after an update back to the old value", async () => {
    await set("net/ipv4/conf/v0/forwarding", 1);
    const before = await forwarding();
    const forward = await make("net.ipv4.ip_forward", 1);
    const back = await update(kind, forward.id, forward.outputs, inputs("net.ipv4.ip_forward", 0), settings);
    expect(await forwarding()).toBe(before);
    const again = await update(kind, forward.id, back, inputs("net.ipv4.ip_forward", 1), settings);
    await remove(kind, forward.id, again, settings);
    expect(await forwarding()).toBe(before);
  });

  test("a later change of a link by hand stays", async () => {
    const forward = await make("net.ipv4.ip_forward", 1);
    await set("net/ipv4/conf/v0/forwarding", 0);
    await forward.delete();
    await set("net/ipv4/conf/v0/forwarding", 1);
    const ipv6 = await make("net.ipv6.conf.all.forwarding", 1);
    await set("net/ipv6/conf/v0/forwarding", 0);
    await ipv6.delete();
    expect(await get("net/ipv6/conf/v0/forwarding")).toBe("0");
    expect(await get("net/ipv6/conf/v1/forwarding")).toBe("0");
  });

  test("a default is for new links: existing links keep their value", async () => {
    const filter = await make("net.ipv4.conf.default.rp_filter", 1);
    expect(await get("net/ipv4/conf/v0/rp_filter")).toBe("0");
    await world.script(netns, "ip link add v2 type veth peer name v3");
    expect(await get("net/ipv4/conf/v2/rp_filter")).toBe("1");
    await filter.delete();
    expect(await get("net/ipv4/conf/default/rp_filter")).toBe("0");
    expect(await get("net/ipv4/conf/v0/rp_filter")).toBe("0");
  });

  test("IPv6 is not disabled if that would remove an address or a route for good", async () => {
    await world.script(netns, "ip addr add fd00::1/64 dev v0 nodad");
    for (const key of ["net.ipv6.conf.v0.disable_ipv6", "net.ipv6.conf.all.disable_ipv6"]) {
      const error = await failure(() => create(kind, inputs(key, 1), settings));
      expect(error).toMatchObject({ code: "LN_INPUT" });
      expect(error.message).toContain("fd00::1/64 of v0");
    }
    expect(await world.script(netns, "ip -6 addr show dev v0")).toContain("fd00::1/64");
    await world.script(netns, "ip addr del fd00::1/64 dev v0; ip -6 route add 2001:db8::/32 dev v0");
    const error = await failure(() => create(kind, inputs("net.ipv6.conf.v0.disable_ipv6", 1), settings));
    expect(error.message).toContain("the route 2001:db8::/32 over v0");
    const other = await make("net.ipv6.conf.v1.disable_ipv6", 1);
    await other.delete();
    expect(await get("net/ipv6/conf/v1/disable_ipv6")).toBe("0");
  });

  test("IPv6 is enabled again on each link, except where it was disabled before", async () => {
    await set("net/ipv6/conf/v0/disable_ipv6", 1);
    const values = () => world.script(netns, "grep -rH --include=disable_ipv6 . /proc/sys/net/ipv6/conf | sort");
    const before = await values();
    const off = await make("net.ipv6.conf.all.disable_ipv6", 1);
    expect(await get("net/ipv6/conf/v1/disable_ipv6")).toBe("1");
    await off.delete();
    expect(await values()).toBe(before);
    expect(await world.script(netns, "ip -6 addr show dev lo")).toContain("::1/128");
  });

  test("a route that a router advertises is not lost when forwarding is turned on", async () => {
    const router = world.netns("r");
    await world.addNetns(router);
    await world.script(undefined, `ip -n ${netns} link set v1 netns ${router}; ip -n ${router} link set v1 up`);
    await world.script(netns, "sysctl -qw net.ipv6.conf.v0.accept_ra=1");
    const advertised = async () => (await world.script(netns, "ip -6 route show default")).includes("proto ra");
    for (let tries = 0; !(await advertised()) && tries < 40; tries++) {
      await world.script(router, `python3 -c '${advertise}'`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    for (const key of ["net.ipv6.conf.all.forwarding", "net.ipv6.conf.v0.forwarding"]) {
      const error = await failure(() => create(kind, inputs(key, 1), settings));
      expect(error).toMatchObject({ code: "LN_INPUT" });
      expect(error.message).toContain("net/ipv6/conf/v0/accept_ra to 2");
    }
    expect(await advertised()).toBe(true);
    const accept = await make("net.ipv6.conf.v0.accept_ra", 2);
    const forward = await make("net.ipv6.conf.all.forwarding", 1);
    expect(await advertised()).toBe(true);
    await forward.delete();
    await accept.delete();
    expect(await advertised()).toBe(true);
  });
});

/** Sends a router advertisement over v1: type 134, hop limit 64, a lifetime of 1800 seconds. */
const advertise = `import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
i = socket.if_nametoindex("v1")
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, i)
try:
  s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0), ("ff02::1", 0, 0, i))
except OSError:
  pass`;
