import type { LinksAndRoutes } from "../../tools/ip/inside";
import { mainTable, metric6, protocol } from "../../tools/ip/routes";

/** The name of a pod's link inside, as every container runtime gives it. */
export const podLink = "eth0";

export interface Gateways {
  readonly gateway?: string | undefined;
  readonly gateway6?: string | undefined;
}

const families = ["gateway", "gateway6"] as const;
const destinations = { gateway: ["default", "metric", "0"], gateway6: ["::/0", "metric", String(metric6)] } as const;

export function gatewaysOf(routes: LinksAndRoutes["routes"]): Gateways {
  const main = routes.filter(({ table, tos }) => table === String(mainTable) && tos === undefined);
  const [four, six] = [0, metric6].map((wanted) => main.find(({ metric }) => metric === wanted));
  return { gateway: four?.gateway, gateway6: six?.gateway };
}

/** The commands for the routes that are asked for and not there; for all of them where nobody knows what is there. */
export function routeCommands(args: Gateways, seen: Gateways | undefined): string[][] {
  const missing = families.filter((key) => args[key] !== undefined && args[key] !== seen?.[key]);
  return missing.map((key) => {
    return ["route", "replace", ...destinations[key], "via", args[key] ?? "", "dev", podLink, "proto", protocol];
  });
}

/** The commands for those that are there and not asked for any more. */
export function removedRouteCommands(
  args: Gateways,
  seen: Gateways | undefined,
  recorded: Gateways | undefined,
): string[][] {
  const gone = families.filter((key) => recorded?.[key] && !args[key] && seen?.[key]);
  return gone.map((key) => ["route", "del", ...destinations[key]]);
}
