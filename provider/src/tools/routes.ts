import { z } from "zod";
import { hasCode } from "../errors";
import { familyOf } from "../fields";
import type { Host } from "../host";
import { ip } from "./ip";

/** The routing protocol number that says: made by this package. A delete that names it cannot hit another's route. */
export const protocol = "157";

export const mainTable = 254;

/** The kernel gives an IPv6 route without metric this one. */
export const metric6 = 1024;

export const routeJson = z.object({
  type: z.string().default("1"),
  dst: z.string(),
  table: z.string().optional(),
  tos: z.string().optional(),
  gateway: z.string().optional(),
  dev: z.string().optional(),
  protocol: z.string(),
  metric: z.number().default(0),
  prefsrc: z.string().optional(),
  nexthops: z.array(z.unknown()).optional(),
});

export type RouteEntry = z.output<typeof routeJson>;

/** All routes of a table to exactly this destination, numbers in place of names. */
export async function showRoutes(
  host: Host,
  netns: string | undefined,
  destination: string,
  table: number,
): Promise<RouteEntry[]> {
  return routes(host, netns, familyOf(destination), "table", String(table), "exact", destination);
}

/** The routes of all tables. */
export async function showAllRoutes(host: Host, netns: string | undefined, family: 4 | 6): Promise<RouteEntry[]> {
  return routes(host, netns, family, "table", "all");
}

async function routes(host: Host, netns: string | undefined, family: 4 | 6, ...which: string[]): Promise<RouteEntry[]> {
  try {
    const text = await ip(host, netns, `-${family}`, "-N", "-j", "-d", "route", "show", ...which);
    return z.array(routeJson).parse(JSON.parse(text));
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && error.ran?.stderr?.includes("FIB table does not exist")) return [];
    throw error;
  }
}
