import { z } from "zod";
import type { Host } from "../../host";
import { ip } from "./ip";
import { parseJson } from "./json";

const ruleJson = z.looseObject({
  priority: z.number(),
  not: z.unknown().optional(),
  src: z.string(),
  srclen: z.number().optional(),
  dst: z.string().optional(),
  dstlen: z.number().optional(),
  iif: z.string().optional(),
  oif: z.string().optional(),
  fwmark: z.string().optional(),
  fwmask: z.string().optional(),
  tos: z.string().optional(),
  ipproto: z.string().optional(),
  sport: z.number().optional(),
  sport_start: z.number().optional(),
  sport_end: z.number().optional(),
  dport: z.number().optional(),
  dport_start: z.number().optional(),
  dport_end: z.number().optional(),
  uid_start: z.number().optional(),
  uid_end: z.number().optional(),
  table: z.string().optional(),
  action: z.string().optional(),
  suppress_prefixlen: z.number().optional(),
  protocol: z.string().default("0"),
});

export type RuleEntry = z.output<typeof ruleJson>;

/** The keys that inputs can express. With the last two, ip shows that no link has the name. */
export const known = [...Object.keys(ruleJson.shape), "iif_detached", "oif_detached"];

/** The rules of policy routing of one IP version, with numbers instead of names. */
export async function showRules(host: Host, netns: string | undefined, version: 4 | 6): Promise<RuleEntry[]> {
  return z.array(ruleJson).parse(parseJson(await ip(host, netns, `-${version}`, "-N", "-j", "-d", "rule", "show")));
}
