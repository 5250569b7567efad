import { check, type Values } from "../../provider/src/core/check";
import type { AnyKind } from "../../provider/src/core/kind";
import { bridge, dummy, pod, vethPair } from "../../provider/src/kinds";
import { Engine } from "./support/engine";
import { lack } from "./support/features";
import { hostUrl, World } from "./support/world";

// Objects that no program names stay as they were, although the kernel removes them when a link or its addresses change.

interface Place {
  readonly kind: AnyKind;
  readonly needs?: "dummy";
  /** The inputs of the resource, with those of the link in their place. */
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

/** Objects of others on the link, one of each sort. */
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

for (const [title, place] of Object.entries(places)) {
  const reason = lack(place.needs);
  (reason ? describe.skip : describe)(`${title}: objects of others on it${reason ? ` (${reason})` : ""}`, () => {
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

    test.each(updates)("stay as they were: %s", async (_, change) => {
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
