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

/** rtnetlink's numbers of administrators as makers. */
export const protocols = { boot: "3", static: "4" } as const;
type Protocol = keyof typeof protocols;
export const protocolNames = Object.keys(protocols) as [Protocol, ...Protocol[]];

const hopAddress = unicast.optional().meta({ reference: "address:destination", of: "addressed" });

const nextHop = z.strictObject({
  /** Address of the next hop, or who has it: the first address there of the destination's IP version. */
  via: hopAddress,
  /** Link that the packets leave by (`dev`). Default: the one that leads to `via`. */
  device: deviceName.optional().meta({ reference: "name", of: "link" }),
  /** Its share of the packets. */
  weight: z.int("must be 1 to 256").min(1, "must be 1 to 256").max(256, "must be 1 to 256").default(1),
  /** Is `via` at the other end of `device`, although no address of that says so? */
  onlink: z.boolean().default(false),
  /** What the packets that go this way are wrapped in (`encap`). Default: nothing. */
  encapsulation: encapsulationArgs.optional(),
});
export type NextHop = z.output<typeof nextHop>;

export const routeArgs = {
  /** Where to: "default" (IPv4; "::/0" for IPv6), an address or a network, `10.0.0.0/8`. */
  destination: z
    .union([z.literal("default"), cidr, address], {
      error: 'must be "default", an address, or a network such as 10.0.0.0/8',
    })
    .refine((text) => !text.includes("/") || isNetwork(text), "must have no bits set behind the prefix length")
    .transform(canonicalDestination)
    .meta({ replace: true }),
  ...inNetns,
  /** Address of the next hop, or who has it: the first address there of the destination's IP version, of a VethPair at the other end. That of an IPv4 route may be an IPv6 address (`via inet6`), with `device`. */
  via: hopAddress,
  /** Link that the packets leave by (`dev`). Default: the one that leads to `via`. */
  device: deviceName.optional().meta({ reference: "name", of: "link", unset: kernelChooses }),
  /** Is `via` at the other end of `device`, although no address of that says so? Default: the kernel's choice, false. */
  onlink: z.boolean().optional().meta({ unset: false }),
  /** Several next hops in place of one (`nexthop`), among which the packets are divided; at least two. */
  nextHops: z.array(nextHop).min(2, "must be at least two").optional(),
  /** What the packets are wrapped in (`encap`); of several next hops each has its own. Default: nothing. */
  encapsulation: encapsulationArgs.optional(),
  /** Source address that the host prefers for this route (`src`). */
  source: unicast.optional(),
  /** Largest packet in bytes on this route. Default: that of the link. */
  mtu: mtu.optional(),
  /** Largest segment in bytes that TCP announces to the other side. Default: what the mtu leaves. */
  advmss: integer(1, 65495).optional(),
  /** How far an IPv4 destination is: behind a router (global), on the link (link), or this host (host). Default: the kernel's choice, by type and next hop. */
  scope: z
    .enum(scopeNames, { error: `must be one of ${scopeNames.join(", ")}` })
    .optional()
    .meta({ unset: kernelChooses }),
  /** Preference among routes to one destination, the lowest wins; of an IPv6 route at least 1. Default: 0, for IPv6 1024. */
  metric: number32.optional().meta({ replace: true }),
  /** Number of the routing table, of a Vrf its `table`. Default: 254, the main table. */
  table: number32.min(1, "must be at least 1").optional().meta({ replace: true }),
  /** What becomes of the packets: sent on (unicast), taken by this host (local), silently dropped (blackhole), refused with an ICMP answer (unreachable, prohibit), or left to the next table (throw). */
  type: z.enum(typeNames, { error: `must be one of ${typeNames.join(", ")}` }).default("unicast"),
  /** Who is said to have made it (`proto`): boot, as by `ip route add`, or static, an administrator. A routing daemon may look at that. Default: the number 157, which says this package. */
  protocol: z.enum(protocolNames, { error: `must be one of ${protocolNames.join(", ")}` }).optional(),
} as const;

export type RouteArgs = Omit<Args<typeof routeArgs>, "owner" | "adopt" | "host">;
export type Hop = Pick<RouteArgs, "via" | "device" | "onlink" | "encapsulation">;

export function* routeRules(args: RouteArgs): Generator<readonly [string, string]> {
  const { destination, via, device, nextHops, source, type, metric, scope } = args;
  const version = familyOf(destination);
  const isSent = type === "unicast";
  if (isSent && !via && !device && !nextHops) yield ["via", "a unicast route needs via, device or nextHops"];
  if (type === "local" && (via || !device)) yield ["type", "a local route takes device, and no via"];
  if (!isSent && type !== "local" && (via || device)) yield ["type", `a ${type} route takes neither via nor device`];
  if (!isSent && nextHops) yield ["nextHops", "only a unicast route has next hops"];
  if (!isSent && args.encapsulation) yield ["encapsulation", "only a unicast route has one"];
  if (nextHops && (via || device || args.onlink || args.encapsulation))
    yield ["nextHops", "takes the place of via, device, onlink and encapsulation"];
  yield* hopRules(args, version, "");
  for (const [index, hop] of (nextHops ?? []).entries()) {
    if (!hop.via && !hop.device) yield [`nextHops.${index}`, "needs via or device"];
    yield* hopRules(hop, version, `nextHops.${index}.`);
  }
  if (source && familyOf(source) !== version) yield ["source", "must be of the destination's IP version"];
  for (const key of ["mtu", "advmss", "source"] as const)
    if (args[key] !== undefined && !isSent && type !== "local") yield [key, `has no meaning for a ${type} route`];
  if (scope && version === 6) yield ["scope", "IPv6 routes have none"];
  const hasGateway = [args, ...(nextHops ?? [])].some((hop) => hop.via !== undefined);
  if (scope && scope !== "global" && hasGateway) yield ["scope", "must be global with a via"];
  if (scope && scope !== "host" && type === "local") yield ["scope", "must be host with type local"];
  if (metric === 0 && version === 6) yield ["metric", "must be at least 1 for IPv6: of 0 the kernel makes 1024"];
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

/** One way to write a destination, that of ip. */
function canonicalDestination(text: string): string {
  if (text === "0.0.0.0/0") return "default";
  return text.replace(/^([^:]*)\/32$|^(.*)\/128$/, "$1$2");
}
