import { check, type Values } from "../../provider/src/core/check";
import type { AnyKind } from "../../provider/src/core/kind";
import { create } from "../../provider/src/core/lifecycle";
import { openHost } from "../../provider/src/host";
import { bridge, dummy, pod, route, vethPair } from "../../provider/src/kinds";
import { observedLink } from "../../provider/src/kinds/links/link";
import { preserveRoutes } from "../../provider/src/kinds/links/preserve";
import { showLink } from "../../provider/src/tools/ip/links";
import { watches } from "../../provider/src/tools/ip/made-routes";
import { failure } from "./support/contract";
import { Engine } from "./support/engine";
import { lack } from "./support/features";
import { hostUrl, settings, World } from "./support/world";

// What nobody named stays as it was, although the kernel lets go of it when a link or its addresses change.

interface Place {
  readonly kind: AnyKind;
  readonly needs?: "dummy";
  /** The inputs of the resource, with those of the link where they belong. */
  inputs(world: World, netns: string, linkInputs: Values): Values;
  /** The link's name and namespace. */
  link(world: World, netns: string): readonly [string, string];
}

const far = (world: World) => world.name("b");
const places: Readonly<Record<string, Place>> = {
  Bridge: {
    kind: bridge,
    inputs: (_, netns, linkInputs) => ({ name: "l0", netns, ...linkInputs }),
    link: (_, netns) => ["l0", netns],
  },
  "near end of a VethPair": {
    kind: vethPair,
    inputs: (world, netns, linkInputs) => ({
      name: "l0",
      netns,
      ...linkInputs,
      peer: { name: "l1", netns: far(world) },
    }),
    link: (_, netns) => ["l0", netns],
  },
  "far end of a VethPair": {
    kind: vethPair,
    inputs: (world, netns, linkInputs) => ({
      name: "l1",
      netns: far(world),
      peer: { name: "l0", netns, ...linkInputs },
    }),
    link: (_, netns) => ["l0", netns],
  },
  Pod: {
    kind: pod,
    inputs: (world, netns, linkInputs) => ({
      ...{ name: world.name("p"), bridge: "br0", netns, gateway: "10.1.0.9", gateway6: "2001:db8:1::9" },
      ...linkInputs,
    }),
    link: (world) => ["eth0", world.name("p")],
  },
  Dummy: {
    kind: dummy,
    needs: "dummy",
    inputs: (_, netns, linkInputs) => ({ name: "l0", netns, ...linkInputs }),
    link: (_, netns) => ["l0", netns],
  },
};

const first: Values = { addresses: ["10.1.0.1/24", "10.1.0.2/24", "2001:db8:1::1/64"], mtu: 1500 };
const updates: readonly (readonly [what: string, change: Values])[] = [
  ["another primary address", { addresses: ["10.1.0.3/24", "10.1.0.2/24", "2001:db8:1::1/64"] }],
  ["only the prefix", { addresses: ["10.1.0.3/16", "10.1.0.2/24", "2001:db8:1::1/64"] }],
  ["one address instead of all", { addresses: ["10.1.0.4/24"], gateway6: undefined }],
  ["the order of addresses", { addresses: ["10.1.0.5/24", "10.1.0.4/24", "2001:db8:1::1/64"] }],
  ["another order", { addresses: ["10.1.0.4/24", "10.1.0.5/24", "2001:db8:1::1/64"] }],
  ["another IPv6 prefix", { addresses: ["10.1.0.4/24", "2001:db8:1::1/48"] }],
  ["mac", { mac: "02:00:00:00:44:01" }],
  ["mtu", { mtu: 1400 }],
];

/** What others made on the link, one of each sort. */
const byHand = (name: string) => `
ip addr add 10.1.0.77/32 dev ${name} scope link noprefixroute
ip addr add 10.1.0.78/24 brd + dev ${name} label ${name}:x
ip addr add 10.1.0.79 peer 10.6.0.9/32 dev ${name} metric 5
ip addr add 10.1.0.80/24 dev ${name} valid_lft 7200 preferred_lft 3600
ip addr add 2001:db8:1::77/64 dev ${name} nodad noprefixroute
ip addr add fe80::77/64 dev ${name} nodad
ip route add 10.20.0.0/16 via 10.1.0.20
ip route add 10.21.0.0/16 via 10.1.0.20 metric 7 proto 157 mtu lock 1400 advmss 1300 initcwnd 9 rto_min 300ms
ip route add 10.22.0.0/16 dev ${name} scope link src 10.1.0.77 proto 42
ip route add 10.23.0.0/16 proto 99 nexthop via 10.1.0.20 weight 3 nexthop via 203.0.113.9 dev ${name} onlink
ip route add default via 10.1.0.20 table 77 tos 8
ip route add 10.24.0.0/16 via inet6 2001:db8:1::20 dev ${name}
ip -6 route add 2001:db8:20::/48 via 2001:db8:1::20 metric 9 pref high mtu 1300 dev ${name}
ip -6 route add 2001:db8:21::/48 dev ${name} src 2001:db8:1::77 proto 157
ip -6 route add 2001:db8:22::/48 nexthop via 2001:db8:1::20 dev ${name} weight 2 nexthop via 2001:db8:1::21 dev ${name}
ip -6 route add default dev ${name} table 78 metric 3
ip rule add from 10.1.0.77 lookup 77 priority 50
ip rule add iif ${name} lookup 77 priority 51
ip neigh add 10.1.0.20 lladdr 02:00:00:00:00:20 dev ${name} nud permanent proto 157
ip neigh add 2001:db8:1::20 lladdr 02:00:00:00:00:20 dev ${name} router nud permanent
ip neigh add proxy 10.1.0.99 dev ${name} router proto 157
sysctl -q net.ipv4.conf.${name}.proxy_arp=1
`;

const stateScript = (name: string) => `
ip -N -d -o route show table all | sed 's/dead\\|linkdown//g; s/  */ /g' | grep -v 'proto 2 ' | sort
ip rule; ip -6 rule
ip -o neigh show nud permanent; ip -o neigh show proxy
ip -o addr show dev ${name} | grep -E '10.1.0.(77|78|79|80)|::77' | sed 's/^[0-9]*: //; s/secondary//; s/[0-9]*sec/T/g; s/  */ /g' | sort
`;

describe("a link with one address", () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);
  const engine = new Engine(bridge);
  const remarks: string[] = [];
  const up = (linkInputs: Values) =>
    engine.up({ name: "l0", netns, owner: world.owner, up: true, ...linkInputs, ...(hostUrl && { host: hostUrl }) });

  beforeAll(async () => {
    jest.spyOn(console, "error").mockImplementation((text) => remarks.push(String(text)));
    await world.build();
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await engine.destroy();
    expect(await world.cleanUp()).toEqual([]);
  });

  test("keeps the routes over it when that changes in place", async () => {
    await up({ addresses: ["192.168.10.10/24"] });
    await ip("route", "add", "192.168.40.0/24", "via", "192.168.10.20", "proto", "157");
    await ip("route", "add", "192.168.41.0/24", "dev", "l0", "scope", "link");
    const before = await ip("route", "show", "root", "192.168.40.0/23");
    expect(before.split("\n")).toHaveLength(3);
    for (const address of ["192.168.10.11/24", "192.168.10.11/16", "192.168.10.12/24"]) {
      await up({ addresses: [address] });
      expect(await ip("route", "show", "root", "192.168.40.0/23")).toBe(before);
    }
    expect(remarks).toEqual([]);
  });

  test("of a route whose next hop cannot be reached any more the user is told", async () => {
    await up({ addresses: ["172.16.0.1/24"] });
    expect(await ip("route", "show", "root", "192.168.40.0/23")).toContain("192.168.41.0/24 dev l0 scope link");
    expect(remarks.splice(0)).toEqual([
      expect.stringMatching(
        new RegExp(`^link l0@${netns} changed: .*: route unicast 192.168.40.0/24 via 192.168.10.20 .*invalid gateway`),
      ),
    ]);
  });

  test("that is set down tells which routes go with that, and keeps the addresses of others", async () => {
    await ip("addr", "add", "2001:db8::77/64", "dev", "l0", "nodad");
    await up({ addresses: ["172.16.0.1/24", "2001:db8::1/64"] });
    await up({ addresses: ["172.16.0.1/24"], up: false });
    expect(await ip("addr", "show", "dev", "l0")).not.toContain("2001:db8::1/64");
    expect(remarks.splice(0)).toEqual([expect.stringContaining("192.168.41.0/24 dev l0")]);
    expect(await ip("addr", "show", "dev", "l0")).toContain("2001:db8::77/64");
    await up({ addresses: ["172.16.0.1/24"], up: true });
    expect(await ip("addr", "show", "dev", "l0")).toContain("2001:db8::77/64");
  });

  test("does not get an mtu with which the kernel takes away others' IPv6 addresses", async () => {
    const error = await failure(() => up({ addresses: ["172.16.0.1/24"], mtu: 1279 }));
    expect(error).toMatchObject({ code: "LN_INPUT", message: expect.stringContaining("2001:db8::77/64") });
    expect(await ip("link", "show", "dev", "l0")).toContain("mtu 1500");
    await ip("addr", "del", "2001:db8::77/64", "dev", "l0");
    await up({ addresses: ["172.16.0.1/24"], mtu: 1279 });
  });
});

test("an mtu that is too small for an IPv6 address is refused before anything is changed", () => {
  const wrong = (kind: AnyKind, inputs: Values) => check(kind, { owner: "a/b/c", ...inputs }).failures;
  const small = { mtu: 1279, addresses: ["10.0.0.1/8", "2001:db8::1/64"] };
  const rule = "must be at least 1280 for an IPv6 address";
  expect(wrong(bridge, { name: "b", ...small })).toEqual([{ property: "mtu", reason: `mtu: ${rule}` }]);
  expect(wrong(vethPair, { name: "a", peer: { name: "b", ...small } })).toEqual([
    { property: "peer.mtu", reason: `peer.mtu: ${rule}` },
  ]);
  expect(wrong(pod, { name: "p", bridge: "b", ...small })).toHaveLength(1);
  expect(wrong(pod, { name: "p", bridge: "b", mtu: 1279, gateway6: "fe80::1" })).toHaveLength(1);
  expect(wrong(pod, { name: "p", bridge: "b", mtu: 1279, addresses: ["10.0.0.1/8"] })).toEqual([]);
});

for (const [title, place] of Object.entries(places)) {
  const reason = lack(place.needs);
  (reason ? describe.skip : describe)(`${title}: what others attached to it${reason ? ` (${reason})` : ""}`, () => {
    const world = new World();
    const netns = world.netns("a");
    world.netns("b");
    const [name, where] = place.link(world, netns);
    const engine = new Engine(place.kind);
    let linkInputs = first;
    let before = "";
    const remarks: string[] = [];

    async function up(): Promise<void> {
      const more = { owner: world.owner, ...(hostUrl && { host: hostUrl }) };
      const { inputs, failures } = check(place.kind, { ...place.inputs(world, netns, linkInputs), ...more });
      expect(failures).toEqual([]);
      await engine.up(inputs);
    }

    beforeAll(async () => {
      jest.spyOn(console, "error").mockImplementation((text) => remarks.push(String(text)));
      await world.build();
      await world.inAll("cd /proc/sys/net/ipv6/conf; echo 0 | tee all/accept_dad default/accept_dad >&2");
      await world.script(netns, "ip link add br0 type bridge; ip link set br0 up");
      await up();
      await world.script(where, byHand(name).trim().replaceAll("\n", " && "));
      before = await world.script(where, stateScript(name));
      for (const each of ["mtu lock 1400", "weight 3", "pref high", "PERMANENT", "10.6.0.9"])
        expect(before).toContain(each);
    });
    afterAll(async () => {
      jest.restoreAllMocks();
      await engine.destroy();
      expect(await world.cleanUp()).toEqual([]);
    });

    test.each(updates)("stays as it was: %s", async (_, change) => {
      linkInputs = { ...linkInputs, ...change };
      if (place.kind !== pod) delete linkInputs.gateway6;
      await up();
      const state = engine.state;
      await engine.refresh();
      expect(engine.state).toEqual(state);
      const now = await world.script(where, stateScript(name));
      const isGateway = (line: string) => /(default) via \S*9 dev eth0 table 254/.test(line);
      const others = (text: string) => text.split("\n").filter((line) => !isGateway(line));
      expect(others(now)).toEqual(others(before));
      expect(remarks).toEqual([]);
    });
  });
}

describe("a route that is made between the look and the change", () => {
  const world = new World();
  const netns = world.netns("a");
  const ip = (...args: string[]) => world.run("ip", "-n", netns, ...args);

  beforeAll(() => world.build());
  afterAll(async () => {
    expect(await world.cleanUp()).toEqual([]);
  });

  test("is there after it, too", async () => {
    await ip("link", "add", "l0", "type", "bridge");
    await ip("link", "set", "dev", "l0", "up");
    await ip("address", "add", "10.1.0.1/24", "dev", "l0");
    const host = openHost(hostUrl, settings);
    const link = await showLink(host, netns, "l0");
    if (!link) throw new Error("there is no link");
    const restore = await preserveRoutes(host, { name: "l0", netns }, observedLink(link, ""));
    for (const destination of ["10.9.0.0/16", "fd00:9::/64"])
      await create(
        route,
        { netns, destination, device: "l0", owner: world.owner, ...(hostUrl && { host: hostUrl }) },
        settings,
      );
    // With the last address all routes of its version go.
    await ip("address", "del", "10.1.0.1/24", "dev", "l0");
    expect(await ip("route", "show", "10.9.0.0/16")).toBe("");
    await restore();
    expect(await ip("route", "show", "10.9.0.0/16")).toContain("dev l0");
    expect((await ip("-6", "route", "show", "fd00:9::/64")).split("\n").filter(Boolean)).toHaveLength(1);
  });

  test("is watched for no longer where the look fails", async () => {
    const host = openHost(hostUrl, settings);
    const link = await showLink(host, netns, "l0");
    if (!link) throw new Error("there is no link");
    const look = preserveRoutes(host, { name: "l0", netns: world.name("z") }, observedLink(link, ""));
    expect(await failure(() => look)).toMatchObject({ code: "LN_NETNS" });
    expect(watches.size).toBe(0);
  });
});
