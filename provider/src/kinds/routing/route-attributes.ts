import { familyOf } from "../../schema/fields";
import { splitEncapsulation } from "../../tools/ip/encapsulation-words";
import { type Words, wordAfter } from "../../tools/ip/restore";
import type { HopEntry, RouteEntry } from "../../tools/ip/routes";
import type { Scope } from "../../tools/ip/scopes";
import type { Hop, NextHop, RouteArgs } from "./route-args";
import { encapsulationWords, readEncapsulation } from "./route-encapsulation";

/** The words of the next hops, which come last in the command. */
export function hopWords(args: RouteArgs): string[] {
  const version = familyOf(args.destination);
  if (!args.nextHops) return viaWords(args, version);
  return args.nextHops.flatMap((hop) => ["nexthop", ...viaWords(hop, version), "weight", String(hop.weight)]);
}

function viaWords({ via, device, onlink, encapsulation }: Hop, version: 4 | 6): string[] {
  const other = via !== undefined && familyOf(via) !== version ? ["inet6"] : [];
  return [
    ...encapsulationWords(encapsulation),
    ...(via === undefined ? [] : ["via", ...other, via]),
    ...(device === undefined ? [] : ["dev", device]),
    ...(onlink ? ["onlink"] : []),
  ];
}

/** The next hops in the order of the wanted ones, without what the kernel chose. */
export function observedHops(entries: readonly HopEntry[], wanted: readonly NextHop[] = []): NextHop[] {
  const hops = entries.map((entry) => {
    const { gateway, via, dev: device, weight = 1, flags } = entry;
    const encapsulation = observedEncapsulation(entry);
    return {
      ...{ via: gateway ?? via?.host, device, weight, onlink: flags.includes("onlink") },
      ...(encapsulation && { encapsulation }),
    };
  });
  const isMeant = (hop: NextHop, want: NextHop) => hop.via === want.via && (!want.device || want.device === hop.device);
  const place = (hop: NextHop) => wanted.findIndex((want) => isMeant(hop, want));
  const sorted = wanted.length > 0 ? [...hops].sort((a, b) => place(a) - place(b)) : hops;
  return sorted.map(({ via, device, ...rest }) => {
    const want = wanted.find((each) => isMeant({ via, device, ...rest }, each));
    const isRequested = device !== undefined && (!want || want.device !== undefined);
    return { ...(via !== undefined && { via }), ...(isRequested && { device }), ...rest };
  });
}

/** The encapsulation, if inputs can express it. */
export function observedEncapsulation({ encap }: HopEntry): Hop["encapsulation"] {
  const encapsulation = encap && readEncapsulation(encap);
  return typeof encapsulation === "string" ? undefined : encapsulation;
}

/** A property of a route or its next hops that no input can express. */
export function inexpressibleOf({ nexthops = [], ...route }: RouteEntry): string | undefined {
  if (route.nhid !== undefined) return `nexthop id, ${route.nhid}`;
  if (route.expires !== undefined) return `expires, in ${route.expires} s`;
  const each = [route, ...nexthops].map(({ encap }) => encap && readEncapsulation(encap));
  const inexpressible = each.find((one) => typeof one === "string");
  return inexpressible === undefined ? undefined : `encapsulation, ${inexpressible}`;
}

/** Attributes that no input has. */
const attributes = ["tos", "pref", "window", "rtt", "rttvar", "reordering", "hoplimit", "ssthresh", "cwnd"];
attributes.push("initcwnd", "initrwnd", "rto_min", "quickack", "congctl", "features", "realm", "realms");

/** The words of the attributes that an update must keep, because no input sets them. */
export function keptWords(former: Words, args: RouteArgs): string[] {
  const { encapsulation, others: existing } = splitEncapsulation(former);
  const keys = [...attributes, ...(["mtu", "advmss"] as const).filter((key) => !(key in args))];
  const option = (word: string) => {
    const value = wordAfter(existing, word);
    if (value === undefined) return [];
    return value === "lock" ? [word, value, existing[existing.indexOf(word) + 2] ?? ""] : [word, value];
  };
  const isSame = args.via !== undefined && args.via === wordAfter(existing, "via") && !existing.includes("nexthop");
  const isOnlink = !("onlink" in args) && isSame && existing.includes("onlink");
  const device = args.device === undefined ? option("dev") : [];
  const isWrapped = !("encapsulation" in args || args.nextHops);
  return [...keys.flatMap(option), ...(isWrapped ? encapsulation : []), ...(isOnlink ? ["onlink", ...device] : [])];
}

/** The scope that ip gives an IPv4 route by default. */
export function defaultScope(
  { via, nextHops, type }: Pick<RouteArgs, "via" | "nextHops"> & { readonly type?: string | undefined },
  version: 4 | 6,
): Scope {
  if (version === 4 && type === "local") return "host";
  return version === 6 || via || nextHops || (type ?? "unicast") !== "unicast" ? "global" : "link";
}
