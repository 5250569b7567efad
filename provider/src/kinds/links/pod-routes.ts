import { familyOf } from "../../schema/fields";
import type { LinksAndRoutes } from "../../tools/ip/links-and-routes";
import { type Words, wordAfter } from "../../tools/ip/restore";
import { mainTable, metric6, protocol } from "../../tools/ip/routes";

/** The name of the link inside a pod. Every container runtime uses it. */
export const podLink = "eth0";

export interface Gateways {
  readonly gateway?: string | undefined;
  readonly gateway6?: string | undefined;
}

const families = ["gateway", "gateway6"] as const;
const destinations = { gateway: ["default", "metric", "0"], gateway6: ["::/0", "metric", String(metric6)] } as const;

export function gatewaysOf(routes: LinksAndRoutes["routes"]): Gateways {
  const main = routes.filter(({ table, tos }) => table === String(mainTable) && tos === undefined);
  // The destination is "default" for both IP versions.
  const gateway = (wanted: number, version: 4 | 6) =>
    main.find(({ metric, gateway }) => metric === wanted && gateway && familyOf(gateway) === version)?.gateway;
  return { gateway: gateway(0, 4), gateway6: gateway(metric6, 6) };
}

/** The commands for the wanted routes that are missing; for all of them if `observed` is unknown. */
export function routeCommands(args: Gateways, observed: Gateways | undefined): string[][] {
  const missing = families.filter((key) => args[key] !== undefined && args[key] !== observed?.[key]);
  return missing.map((key) => {
    return ["route", "replace", ...destinations[key], "via", args[key] ?? "", "dev", podLink, "proto", protocol];
  });
}

/** The commands for the routes that were taken away. */
export function removedRouteCommands(args: Gateways, observed: Gateways | undefined): string[][] {
  const gone = families.filter((key) => key in args && args[key] === undefined && observed?.[key]);
  return gone.map((key) => ["route", "del", ...destinations[key]]);
}

/** Is it the route of `gateway` or `gateway6`? */
export function isGatewayRoute(words: Words): boolean {
  const [, destination] = words;
  const isMain = wordAfter(words, "table") === String(mainTable) && !words.includes("tos");
  if (destination === "default") return isMain && !words.includes("metric");
  return destination === "::/0" && isMain && wordAfter(words, "metric") === String(metric6);
}
