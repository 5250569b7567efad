import type { Host } from "../../host";
import { ipShow } from "./batch";
import { type Link, parseLinks } from "./links";
import { parseRoutes, type RouteEntry } from "./routes";

/** The links of a namespace, and its default routes of both IP versions. */
export interface LinksAndRoutes {
  readonly links: readonly Link[];
  readonly routes: readonly RouteEntry[];
}

/** The commands that list both. With "table all", `ip` lists both IP versions at once. */
export const linksAndRoutesCommands = ["addr show", "route show table all exact default"].map((line) =>
  line.split(" "),
);

export function parseLinksAndRoutes([links, routes]: readonly unknown[]): LinksAndRoutes {
  return { links: parseLinks(links), routes: parseRoutes(routes) };
}

export async function showLinksAndRoutes(host: Host, netns: string): Promise<LinksAndRoutes> {
  return parseLinksAndRoutes(await ipShow(host, netns, linksAndRoutesCommands));
}
