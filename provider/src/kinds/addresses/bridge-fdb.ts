import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import { at, ifName, integer, address as ipAddress, parseAt, port } from "../../schema/fields";
import { changeFdb, type FdbEntry, showFdb } from "../../tools/bridge";
import { type Link, showLink, showLinks } from "../../tools/ip/links";

const others = "00:00:00:00:00:00";
const tables = ["self", "master"] as const;
const states = ["permanent", "static"] as const;

const args = {
  /** Link that the frames leave by: a Vxlan or a port of a bridge. */
  device: ifName.meta({ replace: true, reference: "name", of: "link" }),
  /**
   * MAC address of the frames. For a Vxlan, `00:00:00:00:00:00` stands for all frames without an entry of their own; it may
   * have several entries.
   */
  mac: z
    .string()
    .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/, "must be a MAC address such as 02:00:00:00:00:01")
    .refine((text) => Number.parseInt(text.slice(0, 2), 16) % 2 === 0, "must be a unicast MAC address, or all zeros")
    .transform((text) => text.toLowerCase())
    .meta({ replace: true }),
  ...inNetns,
  /** Address of the host that a Vxlan sends the frames to (`dst`). */
  destination: ipAddress.optional().meta({ replace: true }),
  /** UDP port on that host. Default: the Vxlan's own. */
  port: port.optional().meta({ replace: true }),
  /** Number of the VXLAN on that host. Default: the Vxlan's own. */
  vni: integer(0, 16777215).optional().meta({ replace: true }),
  /** VLAN of the frames, in a bridge with VLAN filtering. Default: none. */
  vlan: integer(1, 4094).optional().meta({ replace: true }),
  /**
   * Table of the entry: that of the link itself, as for a Vxlan (self), or that of the bridge whose port the link is
   * (master).
   */
  table: z.enum(tables, { error: "must be self or master" }).default("self").meta({ replace: true }),
  /**
   * Meaning of the address for a bridge: it belongs to the host itself (permanent), or to a machine behind the port
   * (static).
   */
  state: z.enum(states, { error: "must be permanent or static" }).default("permanent").meta({ replace: true }),
} as const;

type FdbArgs = Omit<Args<typeof args>, "owner" | "adopt" | "host">;

export const bridgeFdb = defineKind({
  type: "BridgeFdb",
  summary:
    "An entry of a forwarding database (`bridge fdb`): the port of a bridge, or the host of a VXLAN, that frames for a MAC address are sent to.",
  args,
  outputs: {},
  needs: ["bridge", "ip"],
  unmarked: true,
  /**
   * `DEVICE/MAC@NETNS`, with everything that tells it from other entries: `DEVICE/MAC dst DESTINATION port PORT vni VNI vlan
   * VLAN master@NETNS`
   */
  id: (args) => idOf(args),

  *rules({ mac, destination, port, vni, vlan, table, state }) {
    for (const [key, value] of Object.entries({ port, vni }))
      if (value !== undefined && destination === undefined) yield [key, "needs destination"];
    if (table === "master" && destination !== undefined) yield ["destination", "must not be given with table master"];
    if (table === "self" && vlan !== undefined) yield ["vlan", "needs table master"];
    if (table === "self" && state === "static") yield ["state", "must be permanent with table self"];
    if (mac === others && destination === undefined) yield ["destination", "is needed with a MAC address of zeros"];
  },

  async observe(host, args) {
    const existing = (await showFdb(host, args.netns)).filter((each) => isWritten(each) && isNear(each, args));
    const same = existing.find((each) => idOf(keyOf(each, args.netns)) === idOf(args));
    // A MAC address other than zeros has only one entry.
    const entry = same ?? (args.mac === others ? undefined : existing[0]);
    if (!entry) return undefined;
    const link = await showLink(host, args.netns, args.device);
    const other = link && isKernels(link, entry) ? "the kernel" : same ? undefined : `the entry to ${entry.dst}`;
    return {
      owner: other ?? null,
      ...(other !== undefined && { otherKind: true }),
      inputs: { state: entry.state },
      outputs: {},
    };
  },

  async ensure(host, args, observed) {
    if (observed && observed.inputs.state === args.state) return;
    // The new entry replaces one that the bridge or the link has learnt, which would expire anyway.
    await changeFdb(host, args.netns, args.mac === others ? "append" : "replace", [...words(args), args.state]);
  },

  async remove(host, args) {
    await changeFdb(host, args.netns, "del", words(args));
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const form = /^([^/]+)\/(\S+?)(?: dst (\S+))?(?: port (\d+))?(?: vni (\d+))?(?: vlan (\d+))?( master)?$/;
      const [, device, mac, destination, port, vni, vlan, master] = form.exec(name) ?? [];
      if (device === undefined || mac === undefined) return undefined;
      const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
      const numbers = { port: number(port), vni: number(vni), vlan: number(vlan) };
      return { device, mac, netns, destination, ...numbers, table: master ? ("master" as const) : ("self" as const) };
    },
    async list(host, netns) {
      const [entries, links] = await Promise.all([showFdb(host, netns), showLinks(host, netns)]);
      return entries
        .filter((entry) => {
          const link = links.find(({ ifname }) => ifname === entry.ifname);
          return link && isWritten(entry) && !isKernels(link, entry) && !isOfLinkAbove(links, entry);
        })
        .map((entry) => ({ id: idOf(keyOf(entry, netns)) }));
    },
  },
});

type Key = Omit<FdbArgs, "state">;

function idOf(key: Key): string {
  return at(`${key.device}/${[key.mac, ...attributes(key)].join(" ").replace(/ self$/, "")}`, key.netns);
}

function attributes({ destination, port, vni, vlan, table }: Key): string[] {
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  return [
    ...[...option("dst", destination), ...option("port", port), ...option("vni", vni), ...option("vlan", vlan)],
    table,
  ];
}

function words(key: Key): string[] {
  return [key.mac, "dev", key.device, ...attributes(key)];
}

function keyOf({ ifname, mac, dst, port, vni, vlan, master }: FdbEntry, netns: string | undefined): Key {
  return { device: ifname, mac, netns, destination: dst, port, vni, vlan, table: master ? "master" : "self" };
}

/** Did somebody write the entry? Otherwise it was learnt, or is one of the kernel's own for multicast groups. */
function isWritten({ mac, state }: FdbEntry): boolean {
  return (states as readonly string[]).includes(state) && Number.parseInt(mac.slice(0, 2), 16) % 2 === 0;
}

function isNear({ ifname, mac, vlan, master }: FdbEntry, args: Key): boolean {
  const isSame = ifname === args.device && mac === args.mac && vlan === args.vlan;
  return isSame && (master !== undefined) === (args.table === "master");
}

/** Did the kernel make the entry for a link on top of this one, such as a Macvlan? */
function isOfLinkAbove(links: readonly Link[], { ifname, mac }: FdbEntry): boolean {
  return links.some(({ link, address }) => link === ifname && address === mac);
}

/** Did the kernel make the entry, for the link's own address or for the remote that the Vxlan was made with? */
function isKernels({ address, linkinfo }: Link, { mac, dst }: FdbEntry): boolean {
  const { remote, remote6, group, group6 } = (linkinfo?.info_data ?? {}) as Readonly<Record<string, unknown>>;
  return mac === address || (mac === others && [remote, remote6, group, group6].includes(dst ?? ""));
}
