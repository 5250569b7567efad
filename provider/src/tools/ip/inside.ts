import type { Host } from "../../host";
import { ipShow } from "./batch";
import { type Link, linksIn } from "./links";
import { type RouteEntry, routesIn } from "./routes";

/** A namespace's links, and its default routes of both IP versions. */
export interface Inside {
  readonly links: readonly Link[];
  readonly routes: readonly RouteEntry[];
}

/** The commands that list both. Of all tables: there, `ip` looks through both versions at once. */
export const showingInside = ["addr show", "route show table all exact default"].map((line) => line.split(" "));

export function insideOf([links, routes]: readonly unknown[]): Inside {
  return { links: linksIn(links), routes: routesIn(routes) };
}

export async function showInside(host: Host, netns: string): Promise<Inside> {
  return insideOf(await ipShow(host, netns, showingInside));
}
