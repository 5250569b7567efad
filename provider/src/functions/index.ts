import type { Values } from "../core/values";
import type { HostSettings } from "../host";
import { getLink } from "./get-link";
import { getNetns } from "./get-netns";
import { getRouteTo } from "./get-route-to";
import { getRoutes } from "./get-routes";
import { runProbe } from "./run-probe";

export { getLink, getNetns, getRoutes, getRouteTo, runProbe };

/** All functions, in the order of the documentation. */
const all = [getNetns, getLink, getRoutes, getRouteTo, runProbe];

export const functions = Object.fromEntries(all.map((each) => [each.name, each]));

/** Runs a function. */
export function answer(name: string, args: Values, settings: HostSettings): Promise<Values> {
  const called = functions[name];
  if (!called) throw new Error(`pulumi-localnet has no function ${name}`);
  return called.answer(args, settings);
}
