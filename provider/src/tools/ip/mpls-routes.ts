import { z } from "zod";
import type { Host } from "../../host";
import { ip } from "./ip";
import { parseJson } from "./json";

const hopJson = z.object({
  /** The labels that take the place of the one that the packets come with. */
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
  /** As ip may spell it one day. */
  "ttl-propagate": z.boolean().optional(),
});

export type MplsEntry = z.output<typeof routeJson>;
export type MplsHopEntry = z.output<typeof hopJson>;

/** What `ip` takes before all commands about routes of MPLS. */
export const mplsOptions = ["-f", "mpls"];

/** The command that lists them all: by a label it finds none. */
export const showMplsCommand = ["route", "show"];

export function parseMplsRoutes(list: unknown): MplsEntry[] {
  return z.array(routeJson).parse(list);
}

/** Numbers in place of names. A kernel without MPLS has none. */
export async function showMplsRoutes(host: Host, netns: string | undefined): Promise<MplsEntry[]> {
  const text = await ip(host, netns, ...mplsOptions, "-N", "-j", "-d", ...showMplsCommand);
  return parseMplsRoutes(parseJson(text || "[]"));
}
