import type { Thing } from "./kernel-state";

type Json = Record<string, unknown>;

/** What the kernel draws by lot, counts, finds out by and by, or derives from what is seen elsewhere. */
const moving = new Set([
  ...["ifindex", "link_index", "link_netnsid", "operstate", "addr_info", "address", "flags", "linkinfo", "permaddr"],
  // A bridge keeps what its former ports allowed.
  ...[
    "tso_max_size",
    "tso_max_segs",
    "gso_max_size",
    "gso_max_segs",
    "gro_max_size",
    "gso_ipv4_max_size",
    "gro_ipv4_max_size",
  ],
  // How many listen; the link's own wish is a flag.
  ...["promiscuity", "allmulti", "ifname", "link_type", "broadcast"],
]);
const movingData =
  /_timer$|^(root_id|bridge_id|root_port|root_path_cost|topology_change.*|designated_.*|state|id|no|message_age|config_pending|fdb_n_learned|group_addr|mcast_router|multicast_router)$/;
/** A link gets the second when it is up for the first time, and keeps it. */
const withoutQueue = ["noop", "noqueue"];
const movingFlags = new Set(["LOWER_UP", "RUNNING", "NO-CARRIER", "DORMANT", "BROADCAST", "MULTICAST", "M-DOWN"]);

export function linkObjects(netns: string, links: readonly Json[]): Thing[] {
  return links.flatMap((link) => {
    const name = String(link.ifname);
    const info = (link.linkinfo ?? {}) as Json;
    const kind = name === "lo" ? name : String(info.info_kind ?? "device");
    const ports = links.filter(({ master }) => master === name).map(({ address }) => address);
    const is = {
      ...kept(link, (key) => !moving.has(key)),
      ...kept((info.info_data ?? {}) as Json, (key) => !movingData.test(key)),
      ...prefixed(
        "port ",
        kept((info.info_slave_data ?? {}) as Json, (key) => !movingData.test(key)),
      ),
      flags: (link.flags as string[])
        .filter((flag) => !movingFlags.has(flag))
        .sort()
        .join(),
      mac: macOf(String(link.address ?? ""), ports),
      kind,
      qdisc: withoutQueue.includes(String(link.qdisc)) ? "none" : String(link.qdisc),
    };
    const addresses = ((link.addr_info ?? []) as Json[]).filter(({ local }) => !String(local).startsWith("fe80:"));
    return [
      { id: `${netns}: link ${name}`, sort: `link (${kind})`, is },
      ...addresses.map((each) => addressObject(netns, name, kind, each)),
    ];
  });
}

/** MAC addresses that somebody asks for in these tests begin alike; the others are the kernel's. */
function macOf(address: string, ports: readonly unknown[]): string {
  if (address.startsWith("02:00:00:00:00:") || /^(00:)*00$/.test(address)) return address;
  return ports.includes(address) ? "a port's" : "the kernel's choice";
}

function addressObject(netns: string, link: string, kind: string, address: Json): Thing {
  const id = `${netns}: address ${address.local}/${address.prefixlen} on ${link}`;
  // Of IPv6 it is the kernel's own choice, said or not.
  const isUsual = (key: string) => key === "metric" && address.metric === 256;
  const is = kept(address, (key) => !["family", "local", "prefixlen"].includes(key) && !isUsual(key));
  return { id, sort: `address (${kind})`, is };
}

export function kept(values: Json, holds: (key: string) => boolean): Record<string, string> {
  const entries = Object.entries(values).filter(([key]) => holds(key));
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function prefixed(prefix: string, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}
