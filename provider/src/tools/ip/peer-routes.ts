import { familyOf } from "../../schema/fields";
import type { LinkAddress } from "./links";

const defaultMetric = 256;

/**
 * Commands that add the routes which the kernel leaves out when a link comes up with these addresses. For an IPv6
 * point-to-point address the kernel makes a route to the other end, but not while the link is down. When the link comes up,
 * it makes the route only for addresses that it then checks for duplicates.
 */
export function peerRouteCommands(device: string, entries: readonly LinkAddress[], vrf?: string): string[][] {
  const routes = entries.flatMap(({ local = "", address: peer, tentative, dadfailed, metric = defaultMetric }) =>
    peer === undefined || familyOf(local) === 4 || tentative || dadfailed ? [] : `${peer} metric ${metric}`,
  );
  // Two addresses may have the same other end, also on different links.
  return [...new Set(routes)].map((route) => {
    const place = ["dev", device, ...(vrf === undefined ? [] : ["vrf", vrf])];
    return ["route", "append", ...route.split(" "), ...place, "proto", "kernel"];
  });
}
