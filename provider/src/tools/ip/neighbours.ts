import { z } from "zod";
import type { Host } from "../../host";
import { ipShow } from "./batch";

const neighbourJson = z.object({
  dst: z.string(),
  dev: z.string(),
  lladdr: z.string().optional(),
  protocol: z.string().default("0"),
  /** ip prints it with no value, or not at all. */
  router: z.null().optional(),
  proxy: z.null().optional(),
});

export type NeighbourEntry = z.output<typeof neighbourJson>;

/** The neighbours of a namespace that somebody wrote down, and the addresses that it answers for. */
export async function showNeighbours(host: Host, netns: string | undefined): Promise<NeighbourEntry[]> {
  const lists = await ipShow(host, netns, [
    ["neigh", "show", "nud", "permanent"],
    ["neigh", "show", "proxy"],
  ]);
  return z.array(neighbourJson).parse(lists.flat());
}
