import { z } from "zod";
import { hasCode } from "../../errors";
import type { Host } from "../../host";
import { familyOf } from "../../schema/fields";
import { ip, ipIn } from "./ip";
import { parseJson } from "./json";

/**
 * The routing protocol number of the routes that this package makes. A delete that names it cannot remove another owner's
 * route.
 */
export const protocol = "157";

export const mainTable = 254;

/** The metric that the kernel gives an IPv6 route without one. */
export const metric6 = 1024;

/** The encapsulation of a route's packets: its type, and all its options. */
const encapsulationJson = z.looseObject({ encap_type: z.string() });
export type EncapsulationEntry = z.output<typeof encapsulationJson>;

const hopJson = z.object({
  gateway: z.string().optional(),
  /** A next hop of the other IP version. */
  via: z.object({ family: z.string(), host: z.string() }).optional(),
  dev: z.string().optional(),
  encap: encapsulationJson.optional(),
  weight: z.number().optional(),
  flags: z.array(z.string()).default([]),
  /** Its realms. */
  flow: z.object({ from: z.string().optional(), to: z.string() }).optional(),
});

const routeJson = z.object({
  ...hopJson.shape,
  type: z.string().default("1"),
  dst: z.string(),
  table: z.string().optional(),
  tos: z.string().optional(),
  /** Only packets from this prefix use the route. */
  from: z.string().optional(),
  /** The number of a separate next hop object. */
  nhid: z.number().optional(),
  protocol: z.string(),
  scope: z.string().optional(),
  /** Seconds until the kernel removes the route. */
  expires: z.number().optional(),
  metric: z.number().default(0),
  prefsrc: z.string().optional(),
  pref: z.string().optional(),
  metrics: z.array(z.looseObject({ mtu: z.number().optional(), advmss: z.number().optional() })).default([]),
  nexthops: z.array(hopJson).optional(),
});

export type RouteEntry = z.output<typeof routeJson>;
export type HopEntry = z.output<typeof hopJson>;

export function parseRoutes(list: unknown): RouteEntry[] {
  return z.array(routeJson).parse(list);
}

/** The command that lists all routes of a table to exactly this destination. */
export function showRoutesCommand(destination: string, table: number): string[] {
  return ["route", "show", "table", String(table), "exact", destination];
}

/** All routes of a table to exactly this destination, with numbers instead of names. */
export async function showRoutes(
  host: Host,
  netns: string | undefined,
  destination: string,
  table: number,
): Promise<RouteEntry[]> {
  return routes(host, netns, familyOf(destination), showRoutesCommand(destination, table));
}

/** The routes of all tables. */
export async function showAllRoutes(host: Host, netns: string | undefined, family: 4 | 6): Promise<RouteEntry[]> {
  return routes(host, netns, family, ["route", "show", "table", "all"]);
}

async function routes(
  host: Host,
  netns: string | undefined,
  family: 4 | 6,
  showing: readonly string[],
): Promise<RouteEntry[]> {
  try {
    return parseRoutes(parseJson(await ip(host, netns, `-${family}`, "-N", "-j", "-d", ...showing)));
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && error.command?.stderr?.includes("FIB table does not exist")) return [];
    throw error;
  }
}

/** The output of `ip route get`, which has fewer details than a list. */
const routeToJson = hopJson.extend({
  type: z.string().optional(),
  prefsrc: z.string().optional(),
  metrics: z.array(z.looseObject({ mtu: z.number().optional() })).optional(),
});

/** The route of packets to an address; undefined: there is none. */
export async function routeTo(
  host: Host,
  netns: string | undefined,
  address: string,
): Promise<z.output<typeof routeToJson> | undefined> {
  const { exitCode, stdout } = await host.run([...ipIn(netns), "-j", "route", "get", address], { accept: [0, 2] });
  return exitCode === 0 ? z.array(routeToJson).parse(parseJson(stdout))[0] : undefined;
}

/** The link that packets to an address leave by; undefined: there is no route. */
export async function deviceTo(host: Host, netns: string | undefined, address: string): Promise<string | undefined> {
  return (await routeTo(host, netns, address))?.dev;
}
