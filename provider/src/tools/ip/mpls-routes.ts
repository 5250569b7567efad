import { z } from "zod";
import type { Host } from "../../host";
import { ip } from "./ip";
import { parseJson } from "./json";

const hopJson = z.object({
  /** The labels that replace the packet's label. */
  to: z.string().optional(),
  via: z.object({ family: z.string(), host: z.string() }).optional(),
  dev: z.string().optional(),
});

const routeJson = z.object({
  ...hopJson.shape,
  dst: z.string(),
  protocol: z.string(),
  nexthops: z.array(hopJson).optional(),
  "ttl-propogate": z.boolean().optional(),
  /** A possible later spelling by ip. */
  "ttl-propagate": z.boolean().optional(),
});

export type MplsEntry = z.output<typeof routeJson>;
export type MplsHopEntry = z.output<typeof hopJson>;

/** The options of `ip` for commands about MPLS routes. */
export const mplsOptions = ["-f", "mpls"];

/** Lists all routes: ip cannot find one by its label. */
export const showMplsCommand = ["route", "show"];

export function parseMplsRoutes(list: unknown): MplsEntry[] {
  return z.array(routeJson).parse(list);
}

/** The MPLS routes, with numbers instead of names; empty if the kernel has no MPLS. */
export async function showMplsRoutes(host: Host, netns: string | undefined): Promise<MplsEntry[]> {
  const text = await ip(host, netns, ...mplsOptions, "-N", "-j", "-d", ...showMplsCommand);
  return parseMplsRoutes(parseJson(text || "[]"));
}
