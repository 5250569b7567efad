import { z } from "zod";
import { type Args, inNetns } from "../../core/kind";
import {
  address,
  cidr,
  deviceName,
  familyOf,
  integer,
  isLinkLocal,
  isNetwork,
  kernelChooses,
  mtu,
  number32,
  unicast,
} from "../../schema/fields";
import { scopeNames } from "../../tools/ip/scopes";
import { encapsulationArgs, encapsulationRules } from "./route-encapsulation";

/** rtnetlink's numbers of the types, as `ip -N` prints them. */
export const types = { unicast: "1", local: "2", blackhole: "6", unreachable: "7", prohibit: "8", throw: "9" } as const;
type RouteType = keyof typeof types;
export const typeNames = Object.keys(types) as [RouteType, ...RouteType[]];

/** rtnetlink's protocol numbers of administrators. */
export const protocols = { boot: "3", static: "4" } as const;
type Protocol = keyof typeof protocols;
export const protocolNames = Object.keys(protocols) as [Protocol, ...Protocol[]];

const hopAddress = unicast.optional().meta({ reference: "address:destination", of: "addressed" });

const nextHop = z.strictObject({
  /** Address of the next hop, or a resource that has one: its first address of the destination's IP version. */
  via: hopAddress,
  /** Link that the packets leave by (`dev`). Default: the link of the route to `via`. */
  device: deviceName.optional().meta({ reference: "name", of: "link" }),
  /** Its share of the packets. */
  weight: z.int("must be 1 to 256").min(1, "must be 1 to 256").max(256, "must be 1 to 256").default(1),
  /** Can `via` be reached over `device` even if no network of that link contains it? */
  onlink: z.boolean().default(false),
  /** Encapsulation of the packets for this next hop (`encap`). Default: none. */
  encapsulation: encapsulationArgs.optional(),
});
export type NextHop = z.output<typeof nextHop>;

export const routeArgs = {
  /** Destination: "default" (for IPv6 "::/0"), an address or a network, `10.0.0.0/8`. */
  destination: z
    .union([z.literal("default"), cidr, address], {
      error: 'must be "default", an address, or a network such as 10.0.0.0/8',
    })
    .refine((text) => !text.includes("/") || isNetwork(text), "must have no bits set behind the prefix length")
    .transform(canonicalDestination)
    .meta({ replace: true }),
  ...inNetns,
  /**
   * Address of the next hop, or a resource that has one: its first address of the destination's IP version; for a VethPair,
   * an address of the other end. An IPv4 route may have an IPv6 address (`via inet6`), with `device`.
   */
  via: hopAddress,
  /** Link that the packets leave by (`dev`). Default: the link of the route to `via`. */
  device: deviceName.optional().meta({ reference: "name", of: "link", unset: kernelChooses }),
  /** Can `via` be reached over `device` even if no network of that link contains it? Default: the kernel's choice, false. */
  onlink: z.boolean().optional().meta({ unset: false }),
  /** Several next hops instead of one (`nexthop`), which share the packets; at least two. */
  nextHops: z.array(nextHop).min(2, "must be at least two").optional(),
  /** Encapsulation of the packets (`encap`). With several next hops, each has its own. Default: none. */
  encapsulation: encapsulationArgs.optional(),
  /** Preferred source address of the host for this route (`src`). */
  source: unicast.optional(),
  /** Largest packet in bytes on this route. Default: the link's mtu. */
  mtu: mtu.optional(),
  /** Largest TCP segment in bytes that the host announces. Default: derived from the mtu. */
  advmss: integer(1, 65495).optional(),
  /**
   * How far an IPv4 destination is: behind a router (global), on the link (link), or this host (host). Default: the kernel's
   * choice, by type and next hop.
   */
  scope: z
    .enum(scopeNames, { error: `must be one of ${scopeNames.join(", ")}` })
    .optional()
    .meta({ unset: kernelChooses }),
  /** Priority among routes to the same destination: the lowest is used. For IPv6 at least 1. Default: 0, for IPv6 1024. */
  metric: number32.optional().meta({ replace: true }),
  /** Number of the routing table, such as the `table` of a Vrf. Default: 254, the main table. */
  table: number32.min(1, "must be at least 1").optional().meta({ replace: true }),
  /**
   * What happens to the packets: they are forwarded (unicast), received by this host (local), dropped silently (blackhole),
   * rejected with an ICMP error (unreachable, prohibit), or left to the next table (throw).
   */
  type: z.enum(typeNames, { error: `must be one of ${typeNames.join(", ")}` }).default("unicast"),
  /**
   * Origin of the route (`proto`): boot, as `ip route add` sets it, or static, an administrator. Routing daemons may use it.
   * Default: the number 157, which stands for this package.
   */
  protocol: z.enum(protocolNames, { error: `must be one of ${protocolNames.join(", ")}` }).optional(),
} as const;

export type RouteArgs = Omit<Args<typeof routeArgs>, "owner" | "adopt" | "host">;
export type Hop = Pick<RouteArgs, "via" | "device" | "onlink" | "encapsulation">;

export function* routeRules(args: RouteArgs): Generator<readonly [string, string]> {
  const { destination, via, device, nextHops, source, type, metric, scope } = args;
  const version = familyOf(destination);
  const isSent = type === "unicast";
  if (isSent && !via && !device && !nextHops) yield ["via", "a unicast route needs via, device or nextHops"];
  if (type === "local" && (via || !device)) yield ["type", "a local route needs device, and must not have via"];
  if (!isSent && type !== "local" && (via || device)) yield ["type", `a ${type} route must not have via or device`];
  if (!isSent && nextHops) yield ["nextHops", "only a unicast route can have next hops"];
  if (!isSent && args.encapsulation) yield ["encapsulation", "only a unicast route can have one"];
  if (nextHops && (via || device || args.onlink || args.encapsulation))
    yield ["nextHops", "replaces via, device, onlink and encapsulation"];
  yield* hopRules(args, version, "");
  for (const [index, hop] of (nextHops ?? []).entries()) {
    if (!hop.via && !hop.device) yield [`nextHops.${index}`, "needs via or device"];
    yield* hopRules(hop, version, `nextHops.${index}.`);
  }
  if (source && familyOf(source) !== version) yield ["source", "must be of the destination's IP version"];
  for (const key of ["mtu", "advmss", "source"] as const)
    if (args[key] !== undefined && !isSent && type !== "local") yield [key, `has no meaning for a ${type} route`];
  if (scope && version === 6) yield ["scope", "has no meaning for IPv6 routes"];
  const hasGateway = [args, ...(nextHops ?? [])].some((hop) => hop.via !== undefined);
  if (scope && scope !== "global" && hasGateway) yield ["scope", "must be global with a via"];
  if (scope && scope !== "host" && type === "local") yield ["scope", "must be host with type local"];
  if (metric === 0 && version === 6) yield ["metric", "must be at least 1 for IPv6: the kernel changes 0 to 1024"];
}

function* hopRules(hop: Hop, version: 4 | 6, prefix: string): Generator<readonly [string, string]> {
  const { via, device, onlink, encapsulation } = hop;
  if (encapsulation) yield* encapsulationRules(encapsulation, version, `${prefix}encapsulation`);
  const isOther = via !== undefined && familyOf(via) !== version;
  if (isOther && version === 6) yield [`${prefix}via`, "must be an IPv6 address for an IPv6 destination"];
  else if (isOther && !device) yield [`${prefix}device`, "is needed with a via of the other IP version"];
  else if (via && isLinkLocal(via) && !device) yield [`${prefix}device`, "is needed with a link-local via"];
  if (onlink && !(via && device)) yield [`${prefix}onlink`, "needs via and device"];
}

/** A destination in ip's form. */
function canonicalDestination(text: string): string {
  if (text === "0.0.0.0/0") return "default";
  return text.replace(/^([^:]*)\/32$|^(.*)\/128$/, "$1$2");
}
