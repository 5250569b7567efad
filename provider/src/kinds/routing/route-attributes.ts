import { z } from "zod";
import { address, deviceName, familyOf } from "../../schema/fields";
import { type Words, wordAfter } from "../../tools/ip/restore";
import type { HopEntry } from "../../tools/ip/routes";

/** rtnetlink's numbers of the scopes, as `ip -N` prints them. */
export const scopes = { global: "0", link: "253", host: "254" } as const;
type Scope = keyof typeof scopes;
export const scopeNames = Object.keys(scopes) as [Scope, ...Scope[]];

export const nextHop = z.strictObject({
  /** Address of the next hop. */
  via: address.optional(),
  /** Link that the packets leave by (`dev`). Default: the one that leads to `via`. */
  device: deviceName.optional().meta({ reference: "name", of: "link" }),
  /** Its share of the packets, 1 to 256. */
  weight: z.int("must be 1 to 256").min(1, "must be 1 to 256").max(256, "must be 1 to 256").default(1),
  /** Is `via` at the other end of `device`, although no address of that says so? */
  onlink: z.boolean().default(false),
});
type NextHop = z.output<typeof nextHop>;

interface Hop {
  readonly via?: string | undefined;
  readonly device?: string | undefined;
  readonly onlink?: boolean | undefined;
}

export interface RouteAttributes extends Hop {
  readonly nextHops?: readonly NextHop[] | undefined;
  readonly source?: string | undefined;
  readonly mtu?: number | undefined;
  readonly advmss?: number | undefined;
  readonly scope?: Scope | undefined;
}

interface Route extends RouteAttributes {
  readonly destination: string;
  readonly metric?: number | undefined;
  readonly type: string;
}

export function* routeRules(args: Route): Generator<readonly [string, string]> {
  const { destination, via, device, nextHops, source, type, metric, scope } = args;
  const version = familyOf(destination);
  const isSent = type === "unicast";
  if (isSent && !via && !device && !nextHops) yield ["via", "a unicast route needs via, device or nextHops"];
  if (type === "local" && (via || !device)) yield ["type", "a local route takes device, and no via"];
  if (!isSent && type !== "local" && (via || device)) yield ["type", `a ${type} route takes neither via nor device`];
  if (!isSent && nextHops) yield ["nextHops", "only a unicast route has next hops"];
  if (nextHops && (via || device || args.onlink)) yield ["nextHops", "takes the place of via, device and onlink"];
  yield* hopRules(args, version, "");
  for (const [index, hop] of (nextHops ?? []).entries()) {
    if (!hop.via && !hop.device) yield [`nextHops.${index}`, "needs via or device"];
    yield* hopRules(hop, version, `nextHops.${index}.`);
  }
  if (source && familyOf(source) !== version) yield ["source", "must be of the destination's IP version"];
  for (const key of ["mtu", "advmss", "source"] as const)
    if (args[key] !== undefined && !isSent && type !== "local") yield [key, `has no meaning for a ${type} route`];
  if (scope && version === 6) yield ["scope", "IPv6 routes have none"];
  if (metric === 0 && version === 6) yield ["metric", "must be at least 1 for IPv6: of 0 the kernel makes 1024"];
}

function* hopRules({ via, device, onlink }: Hop, version: 4 | 6, prefix: string): Generator<readonly [string, string]> {
  const isOther = via !== undefined && familyOf(via) !== version;
  if (isOther && version === 6) yield [`${prefix}via`, "must be an IPv6 address for an IPv6 destination"];
  else if (isOther && !device) yield [`${prefix}device`, "is needed with a via of the other IP version"];
  if (onlink && !(via && device)) yield [`${prefix}onlink`, "needs via and device"];
}

/** The words for one next hop, or several, which stand last. */
export function hopWords(args: RouteAttributes & { readonly destination: string }): string[] {
  const version = familyOf(args.destination);
  if (!args.nextHops) return viaWords(args, version);
  return args.nextHops.flatMap((hop) => ["nexthop", ...viaWords(hop, version), "weight", String(hop.weight)]);
}

function viaWords({ via, device, onlink }: Hop, version: 4 | 6): string[] {
  const other = via !== undefined && familyOf(via) !== version ? ["inet6"] : [];
  return [
    ...(via === undefined ? [] : ["via", ...other, via]),
    ...(device === undefined ? [] : ["dev", device]),
    ...(onlink ? ["onlink"] : []),
  ];
}

/** The next hops in the order in which they are asked for, without what the kernel chose. */
export function observedHops(entries: readonly HopEntry[], wanted: readonly NextHop[] = []): NextHop[] {
  const hops = entries.map(({ gateway, via, dev, weight = 1, flags }) => ({
    ...{ via: gateway ?? via?.host, device: dev, weight, onlink: flags.includes("onlink") },
  }));
  const isMeant = (hop: NextHop, want: NextHop) => hop.via === want.via && (!want.device || want.device === hop.device);
  const place = (hop: NextHop) => wanted.findIndex((want) => isMeant(hop, want));
  const sorted = wanted.length > 0 ? [...hops].sort((a, b) => place(a) - place(b)) : hops;
  return sorted.map(({ via, device, ...rest }) => {
    const want = wanted.find((each) => isMeant({ via, device, ...rest }, each));
    const isAsked = device !== undefined && (!want || want.device !== undefined);
    return { ...(via !== undefined && { via }), ...(isAsked && { device }), ...rest };
  });
}

/** Attributes that no input says. */
const others = ["tos", "pref", "window", "rtt", "rttvar", "reordering", "hoplimit", "ssthresh", "cwnd"];
others.push("initcwnd", "initrwnd", "rto_min", "quickack", "congctl", "features", "realm", "realms");

/** What no input says of a route, as it is there. */
export function keptWords(there: Words, args: RouteAttributes): string[] {
  const keys = [...others, ...(["mtu", "advmss"] as const).filter((key) => !(key in args))];
  const option = (word: string) => {
    const value = wordAfter(there, word);
    if (value === undefined) return [];
    return value === "lock" ? [word, value, there[there.indexOf(word) + 2] ?? ""] : [word, value];
  };
  const isSame = args.via !== undefined && args.via === wordAfter(there, "via") && !there.includes("nexthop");
  const isOnlink = !("onlink" in args) && isSame && there.includes("onlink");
  const device = args.device === undefined ? option("dev") : [];
  return [...keys.flatMap(option), ...(isOnlink ? ["onlink", ...device] : [])];
}

/** The scope that ip gives an IPv4 route of its own accord. */
export function usualScope({ via, nextHops }: RouteAttributes, version: 4 | 6): Scope {
  return version === 6 || via || nextHops ? "global" : "link";
}
