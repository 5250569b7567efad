import { z } from "zod";
import type { Host } from "../../host";
import { ipShow } from "./batch";

const neighbourJson = z.object({
  dst: z.string(),
  dev: z.string(),
  lladdr: z.string().optional(),
  protocol: z.string().default("0"),
  /** ip prints the key without a value, or not at all. */
  router: z.null().optional(),
  proxy: z.null().optional(),
});

export type NeighbourEntry = z.output<typeof neighbourJson>;

/** The permanent neighbours of a namespace, and the addresses for which it answers (proxy). */
export async function showNeighbours(host: Host, netns: string | undefined): Promise<NeighbourEntry[]> {
  const lists = await ipShow(host, netns, [
    ["neigh", "show", "nud", "permanent"],
    ["neigh", "show", "proxy"],
  ]);
  return z.array(neighbourJson).parse(lists.flat());
}
