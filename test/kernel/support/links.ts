import type { Values } from "../../../provider/src/core/check";
import type { Case, Update } from "./case";
import type { World } from "./world";

const files = [
  ...["mtu", "address", "flags", "tx_queue_len", "ifalias", "netdev_group", "brport/hairpin_mode", "brport/isolated"],
  ...["brport/learning", "brport/unicast_flood", "brport/neigh_suppress", "brport/path_cost", "brport/priority"],
  "brport/group_fwd_mask",
  ...["bridge/stp_state", "bridge/forward_delay", "bridge/ageing_time", "bridge/vlan_filtering", "bridge/priority"],
  ...["bridge/default_pvid", "bridge/vlan_protocol", "bridge/group_fwd_mask", "bridge/multicast_snooping"],
  ...["bridge/nf_call_iptables", "bridge/nf_call_ip6tables", "bridge/nf_call_arptables"],
];

/** A link as the kernel's files show it; undefined if there is none. The kinds use ip instead. */
export async function readLink(world: World, netns: string | undefined, name: string): Promise<Values | undefined> {
  const script = [
    `cd /sys/class/net/${name} 2>/dev/null || exit 0`,
    `grep -s . ${files.join(" ")}`,
    'echo "master:$(basename "$(readlink master)")"',
    // In the kernel's file a link is also promiscuous because of its bridge.
    `ip -o link show dev ${name} | grep -q '[<,]PROMISC[,>]' && echo promiscuous:1`,
    // The kernel adds link-local addresses some time later.
    `ip -o address show dev ${name} | grep -v 'inet6 fe80:' | sed -n 's/.* inet6* \\([^ ]*\\).*/inet:\\1/p'`,
  ];
  const lines = (await world.script(netns, script.join("; "))).split("\n").filter(Boolean);
  if (lines.length === 0) return undefined;
  const entries = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(":")),
    line.slice(line.indexOf(":") + 1),
  ]);
  const { inet: _, ...values } = Object.fromEntries(entries);
  const addresses = entries.filter(([key]) => key === "inet").map(([, value]) => value);
  return {
    ...values,
    addresses: addresses.sort(),
    up: Boolean(Number(values.flags) & 1),
    arp: !(Number(values.flags) & 0x80),
    multicast: Boolean(Number(values.flags) & 0x1000),
    promiscuous: values.promiscuous === "1",
  };
}

/** What `readLink` returns for the inputs that all kinds of links have. */
export function expectedLink(inputs: Values, mark: string): Values {
  const { addresses, mtu, mac, up, promiscuous, arp, multicast, txQueueLength, master, hairpin } = inputs;
  const port = inputs.bridgePort as Values | undefined;
  return {
    up: up ?? true,
    promiscuous: promiscuous ?? false,
    ifalias: mark,
    ...(addresses === undefined ? {} : { addresses: expect.arrayContaining(addresses as string[]) }),
    arp: arp ?? true,
    multicast: multicast ?? true,
    tx_queue_len: String(txQueueLength ?? 1000),
    mtu: String(mtu ?? 1500),
    ...(mac === undefined ? {} : { address: mac }),
    master: master ?? "",
    ...(hairpin === undefined ? {} : { "brport/hairpin_mode": hairpin ? "1" : "0" }),
    ...(master && port
      ? {
          "brport/isolated": port.isolated ? "1" : "0",
          "brport/learning": port.learning === false ? "0" : "1",
          "brport/unicast_flood": port.flood === false ? "0" : "1",
          "brport/neigh_suppress": port.neighSuppress ? "1" : "0",
          "brport/group_fwd_mask": `0x${((port.groupForwardMask as number | undefined) ?? 0).toString(16)}`,
          "brport/priority": String(port.priority ?? 32),
          ...(port.cost === undefined ? {} : { "brport/path_cost": String(port.cost) }),
        }
      : {}),
  };
}

/** The same, with what ip prints of the link's kind in `details`, as text. The kinds read JSON. */
export async function readDetails(world: World, netns: string, name: string): Promise<Values | undefined> {
  const link = await readLink(world, netns, name);
  if (!link) return undefined;
  const [, , details] = (await world.run("ip", "-n", netns, "-d", "-o", "link", "show", "dev", name)).split("\\");
  return { ...link, details };
}

/** Matches `details` that contain all of the first words, and none of the second. */
export function expectedDetails(present: readonly string[], absent: readonly string[] = []): unknown {
  const escaped = (words: string) => words.replace(/[.+]/g, "\\$&");
  const all = present.map((words) => `(?=.* ${escaped(words)} )`);
  const none = absent.map((words) => `(?!.* ${escaped(words)} )`);
  return expect.stringMatching(new RegExp(`^${[...all, ...none].join("")}`));
}

/** Updates of the inputs that all kinds of links have: each is set to both values, and taken away. */
export const everyLinksUpdates: readonly Update[] = [
  { what: "no arp, no multicast, a short queue", change: { arp: false, multicast: false, txQueueLength: 500 } },
  { what: "arp, multicast, no queue", change: { arp: true, multicast: true, txQueueLength: 0 } },
  { what: "all three taken away", change: { arp: undefined, multicast: undefined, txQueueLength: undefined } },
  { what: "no arp, a queue", change: { arp: false, multicast: true, txQueueLength: 77 } },
];

/** The same for the inputs of a bridge's port, at the end of a case whose link is in a bridge. */
export const everyPortsUpdates: readonly Update[] = [
  {
    what: "all of a port",
    change: {
      bridgePort: {
        isolated: true,
        learning: false,
        flood: false,
        neighSuppress: true,
        cost: 5,
        priority: 4,
        groupForwardMask: 4,
      },
    },
  },
  { what: "most of it taken away", change: { bridgePort: { isolated: true } } },
  { what: "the rest taken away", change: { bridgePort: undefined } },
  { what: "the cost of a port", change: { bridgePort: { isolated: true, cost: 7, groupForwardMask: 0xfffc } } },
];

type Drift = Case["drifts"][number];
type Set = (...args: string[]) => Promise<unknown>;

/** Changes by hand after those updates; `set` is `ip link set dev NAME`. */
export function everyLinksDrifts(set: Set): readonly Drift[] {
  return [
    { what: "arp", input: "arp", by: () => set("arp", "on") },
    { what: "no multicast", input: "multicast", by: () => set("multicast", "off") },
    { what: "another queue", input: "txQueueLength", by: () => set("txqueuelen", "88") },
  ];
}

export function everyPortsDrifts(set: Set): readonly Drift[] {
  const port = (...args: string[]) => set("type", "bridge_slave", ...args);
  return [
    { what: "not isolated", input: "bridgePort.isolated", by: () => port("isolated", "off") },
    { what: "LACP alone", input: "bridgePort.groupForwardMask", by: () => port("group_fwd_mask", "4") },
    { what: "another cost", input: "bridgePort.cost", by: () => port("cost", "8") },
  ];
}
