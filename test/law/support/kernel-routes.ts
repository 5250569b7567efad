import { kept } from "./kernel-links";
import type { Thing } from "./kernel-state";

type Json = Record<string, unknown>;

/** Routes, but for those that come and go with link-local addresses. */
export function routeObjects(netns: string, title: string, routes: readonly Json[]): Thing[] {
  const family = title.split(" ")[1];
  return routes.flatMap((route) => {
    const { type, dst, table = "254", metric = 0, tos, dev } = route;
    if (/^(fe80:|ff00:)/.test(String(dst))) return [];
    const device = route.protocol === "2" ? ` on ${dev}` : "";
    const words = [type, dst, "table", table, "metric", metric, ...(tos === undefined ? [] : ["tos", tos])];
    const is = kept(route, (key) => !["type", "dst", "table", "metric", "tos", "expires"].includes(key));
    is.flags = (route.flags as string[]).filter((flag) => !["linkdown", "dead"].includes(flag)).join();
    const sort = device ? `the kernel's own route ${family}${dev === "lo" ? " on lo" : ""}` : `route ${family}`;
    return [{ id: `${netns}: route ${family} ${words.join(" ")}${device}`, sort, is }];
  });
}

export function ruleObjects(netns: string, title: string, rules: readonly Json[]): Thing[] {
  const family = title.split(" ")[1];
  return rules.map((rule) => ({
    id: `${netns}: rule ${family} ${JSON.stringify(rule)}`,
    sort: `rule ${family}`,
    is: {},
  }));
}
