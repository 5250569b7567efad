import { familyOf } from "../../schema/fields";
import type { LinkAddress } from "./links";

const usualMetric = 256;

/**
 * The commands for a link that has just come up and had these addresses before. The kernel makes its route to the other end
 * of an IPv6 point-to-point address with the address, but not on a link that is down; and when that comes up, it makes it
 * for those alone that it then looks for duplicates of.
 */
export function peerRouteCommands(device: string, entries: readonly LinkAddress[], vrf?: string): string[][] {
  const routes = entries.flatMap(({ local = "", address: peer, tentative, dadfailed, metric = usualMetric }) =>
    peer === undefined || familyOf(local) === 4 || tentative || dadfailed ? [] : `${peer} metric ${metric}`,
  );
  // Two addresses may have the same other end, and so may another link.
  return [...new Set(routes)].map((route) => {
    const place = ["dev", device, ...(vrf === undefined ? [] : ["vrf", vrf])];
    return ["route", "append", ...route.split(" "), ...place, "proto", "kernel"];
  });
}
