import { z } from "zod";
import type { Host } from "../../host";
import { netlinkFamilies } from "../genl";
import { ip } from "./ip";
import { parseJson } from "./json";

const portJson = z.object({
  port: z.number(),
  family: z.enum(["inet", "inet6"]).default("inet"),
  /** null: packets have a header of GUE. */
  gue: z.null().optional(),
  ipproto: z.number().optional(),
  local: z.string().optional(),
  peer: z.string().optional(),
  peer_port: z.number().optional(),
  dev: z.string().optional(),
});

export type FouPort = z.output<typeof portJson>;

/** The UDP ports at which the kernel takes packets out of UDP; none as long as its module is not loaded. */
export async function showFouPorts(host: Host, netns: string | undefined): Promise<FouPort[]> {
  if (!(await netlinkFamilies(host)).includes("fou")) return [];
  return z.array(portJson).parse(parseJson((await ip(host, netns, "-j", "fou", "show")) || "[]"));
}
