import { isDeepStrictEqual } from "node:util";
import { familyOf } from "../../schema/fields";
import { metric6, protocol, type RouteEntry } from "../../tools/ip/routes";
import { scopeNames, scopes } from "../../tools/ip/scopes";
import { protocolNames, protocols, type RouteArgs, typeNames, types } from "./route-args";
import { defaultScope, inexpressibleOf, observedEncapsulation, observedHops } from "./route-attributes";
import { canonicalEncapsulation } from "./route-encapsulation";

/** The protocols of administrators: `ip route add` sets boot unless it is given another one, such as static. */
export const administratorProtocols: readonly string[] = Object.values(protocols);

/** The protocol number of routes that the kernel adds and removes with an address. */
const kernelProtocol = "2";

export type RouteKey = Pick<RouteArgs, "destination" | "netns" | "metric" | "table">;

export function metricOf({ destination, metric }: RouteKey): number {
  return metric ?? (familyOf(destination) === 6 ? metric6 : 0);
}

export function observedFrom(routes: readonly RouteEntry[], args: RouteKey & Partial<RouteArgs>) {
  const entry = routes.find((each) => each.metric === metricOf(args) && !isNarrower(each));
  return entry && observedRoute(entry, args);
}

/** Does the route apply only to packets of one type of service, or from one network? */
export function isNarrower(entry: RouteEntry | undefined): boolean {
  return entry?.tos !== undefined || entry?.from !== undefined;
}

export function numberOf(args: Pick<RouteArgs, "protocol">): string {
  return args.protocol === undefined ? protocol : protocols[args.protocol];
}

function observedRoute(entry: RouteEntry, { nextHops }: Partial<RouteArgs>) {
  const {
    gateway,
    via,
    prefsrc,
    dev,
    scope,
    protocol: made,
    metrics: [metrics],
    nexthops,
  } = entry;
  return {
    owner: ownerOf(entry),
    ...(made === kernelProtocol && { otherKind: true }),
    inputs: {
      via: gateway ?? via?.host,
      device: dev,
      onlink: entry.flags.includes("onlink"),
      nextHops: nexthops && observedHops(nexthops, nextHops),
      encapsulation: observedEncapsulation(entry),
      source: prefsrc,
      mtu: metrics?.mtu,
      advmss: metrics?.advmss,
      scope: scopeNames.find((name) => scopes[name] === scope),
      type: typeNames.find((name) => types[name] === entry.type),
      protocol: protocolNames.find((name) => protocols[name] === made),
    },
    outputs: {},
    detail: { protocol: made },
  };
}

function ownerOf(entry: RouteEntry): string | null {
  // An update would remove it, because no input sets it.
  const inexpressible = inexpressibleOf(entry);
  if (inexpressible) return `a route with ${inexpressible.replace(",", "")}`;
  if (!Object.values<string>(types).includes(entry.type)) return `a route of type ${entry.type}`;
  // With our protocol number it is ours or another stack's: the number does not show which. Nobody owns one that was made by
  // hand.
  if (entry.protocol === protocol) return null;
  if (entry.protocol === kernelProtocol) return "the kernel, which makes it with an address";
  return administratorProtocols.includes(entry.protocol) ? "" : `routing protocol ${entry.protocol}`;
}

const attributes = ["via", "device", "onlink", "nextHops", "encapsulation"] as const;

const others = ["source", "mtu", "advmss", "scope", "type"] as const;

/** The kernel chooses what no input asks for. An input that was taken away must be absent. */
export function isSameRoute(args: RouteArgs, existing: ReturnType<typeof observedRoute>["inputs"]): boolean {
  const wanted = {
    ...args,
    ...("encapsulation" in args && { encapsulation: canonicalEncapsulation(args.encapsulation) }),
    ...("scope" in args && { scope: args.scope ?? defaultScope(args, familyOf(args.destination)) }),
  };
  const keys = [...attributes, ...others].filter(
    (key) => key in wanted && !(key === "device" && wanted.device === undefined),
  );
  return keys.every((key) => isDeepStrictEqual(wanted[key], existing[key]));
}
