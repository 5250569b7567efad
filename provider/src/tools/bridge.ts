import { z } from "zod";
import type { Host } from "../host";
import { parseJson } from "./ip/json";

const fdbJson = z.object({
  mac: z.string(),
  ifname: z.string(),
  dst: z.string().optional(),
  port: z.number().optional(),
  vni: z.number().optional(),
  vlan: z.number().optional(),
  master: z.string().optional(),
  state: z.string().default(""),
  flags: z.array(z.string()).default([]),
});

export type FdbEntry = z.output<typeof fdbJson>;

/** `bridge`, in a network namespace or in the host's own. */
async function bridge(host: Host, netns: string | undefined, ...args: string[]): Promise<string> {
  return (await host.run(["bridge", ...(netns === undefined ? [] : ["-n", netns]), ...args])).stdout;
}

/** The entries of all forwarding databases of a namespace. */
export async function showFdb(host: Host, netns: string | undefined): Promise<FdbEntry[]> {
  return z.array(fdbJson).parse(parseJson((await bridge(host, netns, "-j", "fdb", "show")) || "[]"));
}

export async function changeFdb(host: Host, netns: string | undefined, verb: string, words: string[]): Promise<void> {
  await bridge(host, netns, "fdb", verb, ...words);
}
