import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import { at, familyOf, ifName, address as ipAddress, isMulticast, mac, parseAt } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { type NeighbourEntry, showNeighbours } from "../../tools/ip/neighbours";
import { protocol } from "../../tools/ip/routes";

const args = {
  /** Link on whose network the neighbour is. */
  device: ifName.meta({ replace: true, reference: "name", of: "link" }),
  /** IPv4 or IPv6 address of the neighbour. */
  address: ipAddress.refine((text) => !isMulticast(text), "must not be a multicast address").meta({ replace: true }),
  ...inNetns,
  /** Its MAC address. The kernel then need not ask for it. Either this or `proxy` is needed. */
  mac: mac.optional(),
  /**
   * Does this host answer for the address, which is elsewhere? For IPv4, routing must be on; for IPv6,
   * `net.ipv6.conf.LINK.proxy_ndp` too.
   */
  proxy: z.boolean().default(false).meta({ replace: true }),
  /** Is the neighbour an IPv6 router? */
  router: z.boolean().default(false),
} as const;

type Key = Pick<Args<typeof args>, "device" | "address" | "netns" | "proxy">;

export const neighbour = defineKind({
  type: "Neighbour",
  summary: "A permanent entry of the neighbour table (ARP, NDP), or an address that the host answers for (`ip neigh`).",
  args,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `DEVICE/ADDRESS@NETNS`, with `proxy` `DEVICE/proxy ADDRESS@NETNS` */
  id: idOf,

  *rules({ address, mac, proxy, router }) {
    if ((mac !== undefined) === proxy) yield ["mac", "needs mac or proxy, not both"];
    if (router && familyOf(address) === 4) yield ["router", "is only for IPv6 addresses"];
  },

  async observe(host, args) {
    const entry = (await showNeighbours(host, args.netns)).find((each) => isSame(each, args));
    if (!entry) return undefined;
    const { lladdr, router } = entry;
    return {
      // With our protocol number it is ours or another stack's: the number does not show which. Nobody owns one that was
      // made by hand.
      owner: entry.protocol === protocol ? null : entry.protocol === "0" ? "" : `routing protocol ${entry.protocol}`,
      inputs: { mac: lladdr, router: router === null },
      outputs: {},
      detail: { protocol: entry.protocol },
    };
  },

  async ensure(host, args, observed) {
    const { device, mac, router } = args;
    const isOurs = observed?.detail.protocol === protocol;
    if (isOurs && observed.inputs.mac === mac && observed.inputs.router === router) return;
    // It may replace an entry that the kernel has learnt, which would expire anyway.
    const words = [...(mac === undefined ? [] : ["lladdr", mac, "nud", "permanent"]), ...(router ? ["router"] : [])];
    await ipAll(host, args.netns, [["neigh", "replace", ...key(args), ...words, "dev", device, "proto", protocol]]);
  },

  async remove(host, args) {
    await ipAll(host, args.netns, [["neigh", "del", ...key(args), "dev", args.device]]);
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, device, proxy, address] = /^([^/]+)\/(proxy )?(\S+)$/.exec(name) ?? [];
      return device === undefined || address === undefined
        ? undefined
        : { device, address, netns, proxy: proxy !== undefined };
    },
    async list(host, netns) {
      const all = await showNeighbours(host, netns);
      return all.map((each) => ({
        id: idOf({ device: each.dev, address: each.dst, netns, proxy: each.proxy === null }),
      }));
    },
  },
});

function idOf({ device, address, netns, proxy }: Key): string {
  return at(`${device}/${proxy ? "proxy " : ""}${address}`, netns);
}

function isSame(entry: NeighbourEntry, { device, address, proxy }: Key): boolean {
  return entry.dev === device && entry.dst === address && (entry.proxy === null) === proxy;
}

function key({ address, proxy }: Key): string[] {
  return [...(proxy ? ["proxy"] : []), address];
}
