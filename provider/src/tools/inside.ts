import { z } from "zod";
import type { Host } from "../host";
import { ipShow } from "./ip-batch";
import { type Link, linkJson } from "./links";
import { type RouteEntry, routeJson } from "./routes";

/** A namespace's links, and its default routes of both IP versions. */
export interface Inside {
  readonly links: readonly Link[];
  readonly routes: readonly RouteEntry[];
}

/** Both in one command. Of all tables: there, `ip` looks through both versions at once. */
export async function showInside(host: Host, netns: string): Promise<Inside> {
  const commands = ["addr show", "route show table all exact default"].map((line) => line.split(" "));
  const [links, routes] = await ipShow(host, netns, ["-N"], commands);
  return { links: z.array(linkJson).parse(links), routes: z.array(routeJson).parse(routes) };
}
