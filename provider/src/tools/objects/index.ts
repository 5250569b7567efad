import type { ObjectReader } from "../../core/kernel-object";
import { nftObjects, otherBackendObjects } from "./firewall";
import { linkObjects } from "./links";
import { fdbObjects, neighbourObjects } from "./neighbours";
import { rareObjects } from "./rare";
import { rareBridges } from "./rare-bridges";
import { rareLinks } from "./rare-links";
import { rareTables } from "./rare-tables";
import { mplsObjects, nextHopObjects, routeObjects, routeOptions, ruleObjects } from "./routes";
import { filterObjects, qdiscObjects } from "./traffic";
import { xfrmObjects } from "./xfrm";

/**
 * The readers of what a namespace may hold. Not here: what ipset, ipvsadm and `ip fou` show, and settings, which their kinds list
 * completely.
 */
export const objectReaders: readonly ObjectReader[] = [
  ...[linkObjects, routeObjects, routeOptions, ruleObjects, nextHopObjects, mplsObjects],
  ...[neighbourObjects, fdbObjects, qdiscObjects, filterObjects],
  ...[nftObjects, otherBackendObjects, xfrmObjects],
  ...[...rareObjects, ...rareTables, ...rareBridges, ...rareLinks],
];
