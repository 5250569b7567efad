import { z } from "zod";
import { undefinedWithoutNetns } from "../errors";
import { netnsName, number32 } from "../schema/fields";
import { mainTable, type RouteEntry, showAllRoutes } from "../tools/ip/routes";
import { defineFunction } from "./function";

export const getRoutes = defineFunction({
  name: "getRoutes",
  summary:
    "The routes of a table in a namespace, including those that the kernel made. Empty if the namespace does not exist.",
  args: {
    /** Network namespace. Default: the host's own. */
    netns: netnsName.optional().meta({ reference: "name", of: "netns" }),
    /** IP version. */
    family: z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" }).default("ipv4"),
    /** Number of the table; 254 is the main one, 255 the one of the host's own addresses. */
    table: number32.default(mainTable),
  },
  outputs: {
    /** In the order in which `ip route` shows them. */
    routes: z.array(
      z.object({
        /** Network, or "default". */
        destination: z.string(),
        /** Next hop; a route with several has them in `nextHops`. */
        via: z.string().optional(),
        /** Link that packets leave by. */
        device: z.string().optional(),
        /** The next hops of a route that has several. */
        nextHops: z.array(z.string()).optional(),
        /** Address that packets are sent from. */
        source: z.string().optional(),
        /** Of routes to the same destination, the one with the lowest metric is used. */
        metric: z.int(),
        /** Who made the route, as a number: 2 the kernel, 3 and 4 administrators, 157 this package. */
        protocol: z.string(),
      }),
    ),
  },
  needs: ["ip"],
  async run(host, { netns, family, table }) {
    const list = () => showAllRoutes(host, netns, family === "ipv6" ? 6 : 4);
    const entries = (await undefinedWithoutNetns(list)) ?? [];
    return { routes: entries.filter((entry) => Number(entry.table ?? mainTable) === table).map(described) };
  },
});

function described({ dst, gateway, via, dev, nexthops, prefsrc, metric, protocol }: RouteEntry) {
  const hops = nexthops?.flatMap((hop) => hop.gateway ?? hop.via?.host ?? hop.dev ?? []);
  return {
    destination: dst,
    via: gateway ?? via?.host,
    device: dev,
    nextHops: hops,
    source: prefsrc,
    metric,
    protocol,
  };
}
