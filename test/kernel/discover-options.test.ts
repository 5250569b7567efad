import { discover } from "../../provider/src/core/discover";
import { objectReaders } from "../../provider/src/tools/objects";
import { type Feature, lack } from "./support/features";
import { hostUrl, settings, World } from "./support/world";

// What is imported and made again elsewhere lacks what no input says. discover names it.

const world = new World();
const netns = world.netns("n");
const names = ["options of links", "options of addresses", "attributes of routes", "neighbours"];
const readers = objectReaders.filter(({ name }) => names.includes(name));
const there = { ...settings, host: hostUrl, timeoutSeconds: 60 };

beforeAll(async () => {
  await world.build();
  const links = "ip link add d0 type veth peer name d1; ip link set d1 up; ip link set d0 up";
  await world.script(netns, `${links}; ip addr add 10.5.0.1/24 dev d0; ip addr add fd05::1/64 dev d0`);
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

interface Case {
  readonly feature?: Feature;
  /** The same object without the options: nothing is said of it. */
  readonly plain: string;
  readonly rare: string;
  readonly said: readonly string[];
}

const link = (name: string, type: string, words: string, ...said: string[]): Case => ({
  ...{ plain: `ip link add ${name} ${type}`, rare: `ip link del ${name}; ip link add ${name} ${type} ${words}` },
  said: said.map((each) => `option of ${name} ${each}`),
});
const on = (feature: Feature, each: Case): Case => ({ ...each, feature });

/** An object file for the kernel's BPF machine: a program named `pass` that lets every packet pass. */
const passProgram =
  "H4sIAAAAAAACA6t39XFjYmRkgAFGhu8MCB4CLENiO0BJVgYWhu1AFhMQT4XKuQf4MOACskAshGS6AIxRkVLAkJOZnJpXnMqgV1yZW5KYBKRLikB0QWJxMQOlgBGK2dDEHdBdAgUcaHxWqH5mNPEAKM1CQD8vNJTQQQiUNkAyhxFJvwSUFsViNwi0QGklAvYDAHZSELHmAQAA";

const cases: Readonly<Record<string, Case>> = {
  bridge: link("br0", "type bridge", "mcast_querier 1 mcast_igmp_version 3", "mcast_querier 1", "mcast_igmp_version 3"),
  vxlan: link(
    ...["vx0", "type vxlan id 5 dstport 4789", "ageing 60 srcport 1000 2000 tos 4 gbp"],
    ...["port_range low 1000 high 2000", "tos 0x4", "ageing 60", "gbp true"],
  ),
  macvlan: link(
    ...["mv0", "link d0 type macvlan mode source", "bcqueuelen 77 macaddr add 02:00:00:00:00:05"],
    ...["bcqueuelen 77", "macaddr_data 02:00:00:00:00:05"],
  ),
  link: {
    plain: "ip link add vx1 type vxlan id 6 dstport 4790",
    rare: "ip link set vx1 protodown on alias 'two words' group 5",
    said: ["proto_down true", "alias two words", "group 5"].map((each) => `option of vx1 ${each}`),
  },
  xdp: on("xdp", {
    plain: "ip link add vx2 type vxlan id 7 dstport 4791",
    rare: `f=$(mktemp); echo ${passProgram} | base64 -d | gunzip > $f; ip link set vx2 xdpgeneric obj $f sec xdp; rm $f`,
    said: ["option of vx2 xdp pass"],
  }),
  vlan: on("vlan", link("vl0", "link d0 type vlan id 5", "gvrp on", "flags REORDER_HDR GVRP")),
  bond: on(
    "bond",
    link("bo0", "type bond", "arp_interval 100 arp_ip_target 10.5.0.9", "arp_interval 100", "arp_ip_target 10.5.0.9"),
  ),
  ipip: on("tunnel", link("ti0", "type ipip remote 192.0.2.9", "tos 0x10 nopmtudisc", "tos 0x10", "pmtudisc false")),
  sit: on("tunnel", link("ts0", "type sit remote 192.0.2.9", "isatap", "isatap true")),
  gre: on(
    "tunnel",
    link("tg0", "type gre remote 192.0.2.9", "ikey 1 okey 2 icsum", "icsum true", "ikey 0.0.0.1 okey 0.0.0.2"),
  ),
  gretap: on(
    "tunnel",
    link("tt0", "type gretap remote 192.0.2.9", "ignore-df nopmtudisc", "pmtudisc false", "ignore_df true"),
  ),
  vti: on("tunnel", link("tv0", "type vti remote 192.0.2.9", "fwmark 7", "fwmark 0x7")),
  ip6tnl: on(
    "tunnel",
    link(
      ...["t6", "type ip6tnl remote fd00::9", "encaplimit none tclass 0x10"],
      ...["ip6_tnl_f_ign_encap_limit true", "tclass 0x10"],
    ),
  ),
  ip6gre: on(
    "tunnel",
    link("t7", "type ip6gre remote fd00::9", "flowlabel 0x5 tclass 0x10", "flowlabel 0x00005", "tclass 0x10"),
  ),
  geneve: on("tunnel", link("tn0", "type geneve id 5 remote 192.0.2.9", "df set tos 4", "tos 0x4", "df set")),
  address: {
    plain: "ip addr add fd06::1/64 dev d0",
    rare: "ip addr change fd06::1/64 dev d0 preferred_lft 0 home",
    said: ["option of fd06::1/64 dev d0 home true", "option of fd06::1/64 dev d0 preferred_life_time 0"],
  },
  "address of a link": {
    plain: "ip addr add 10.8.0.1/24 dev d0",
    rare: "ip addr del 10.8.0.1/24 dev d0; ip addr add 10.8.0.1/24 dev d0 scope link label d0:x brd + metric 7",
    said: ["scope link", "label d0:x", "broadcast 10.8.0.255", "metric 7"].map(
      (each) => `option of 10.8.0.1/24 dev d0 ${each}`,
    ),
  },
  route: {
    plain: "ip route add 10.6.0.0/16 dev d0 mtu 1300 advmss 1200",
    rare: "ip route change 10.6.0.0/16 dev d0 mtu 1300 initcwnd 20 congctl cubic realm 3/4",
    said: ["route 10.6.0.0/16 initcwnd 20", "route 10.6.0.0/16 congestion cubic", "route 10.6.0.0/16 realms 3/4"],
  },
  "route of IPv6": {
    plain: "ip -6 route add fd07::/64 dev d0",
    rare: "ip -6 route change fd07::/64 dev d0 pref high",
    said: ["route fd07::/64 pref high"],
  },
  neighbour: {
    plain: "ip neigh add 10.5.0.9 lladdr 02:00:00:00:00:01 dev d0 nud stale",
    rare: "ip neigh change 10.5.0.9 lladdr 02:00:00:00:00:01 dev d0 nud noarp",
    said: ["neighbour 10.5.0.9 dev d0"],
  },
};

for (const [name, { feature, plain, rare, said }] of Object.entries(cases)) {
  const lacking = lack(feature);
  (lacking ? test.skip : test)(`what no input says is told: ${name}${lacking ? ` (${lacking})` : ""}`, async () => {
    await world.script(netns, plain);
    try {
      expect(await remarks()).toEqual([]);
      await world.script(netns, rare);
      expect((await remarks()).toSorted()).toEqual(said.map((each) => `${each}@${netns}`).toSorted());
    } finally {
      await undo(plain);
    }
  });
}

async function remarks(): Promise<string[]> {
  const { omitted } = await discover([], readers, there, netns);
  return omitted.filter(({ why }) => /^(no input|only an Address)/.test(why)).map(({ what }) => what);
}

async function undo(plain: string): Promise<void> {
  const [, object, name] = /^ip (?:-6 )?(\S+) add (\S+)/.exec(plain) ?? [];
  await world.script(netns, `ip ${object} del ${name} ${object === "link" ? "" : "dev d0"}`);
}
