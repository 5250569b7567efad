import { z } from "zod";
import { hasCode, LocalnetError } from "../errors";
import { cached, type Host, usesReadCache } from "../host";
import { enter } from "../host/netns";
import { batchLines, ipAll } from "./ip/batch";
import { parseJson } from "./ip/json";
import type { Link } from "./ip/links";

const qdiscJson = z.object({
  kind: z.string(),
  handle: z.string(),
  dev: z.string().optional(),
  root: z.boolean().optional(),
  parent: z.string().optional(),
  options: z.record(z.string(), z.unknown()).default({}),
  ingress_block: z.number().optional(),
  egress_block: z.number().optional(),
});
export type Qdisc = z.output<typeof qdiscJson> & { readonly dev: string };

/** Are its filters in a block, which several may share? */
export function hasBlock({ ingress_block, egress_block }: Qdisc): boolean {
  return ingress_block !== undefined || egress_block !== undefined;
}

/** The handle of disciplines that the kernel chose: it gives them no number. */
export const kernelHandle = "0:";

/** The queueing disciplines of a namespace, or of one link in it. */
async function listQdiscs(host: Host, netns: string | undefined, device?: string): Promise<Qdisc[]> {
  const argv = ["tc", "-j", "qdisc", "show", ...(device === undefined ? [] : ["dev", device])];
  const { stdout } = await host.run(enter(netns, argv));
  const all = z.array(qdiscJson).parse(parseJson(stdout || "[]"));
  // When tc lists a single link, it does not repeat its name.
  return all.map((each) => ({ ...each, dev: each.dev ?? device ?? "" }));
}

/** All queueing disciplines of a namespace, with those that the kernel chose. */
export function showAllQdiscs(host: Host, netns: string | undefined): Promise<Qdisc[]> {
  return cached(host, `qdiscs ${netns ?? ""}`, () => listQdiscs(host, netns));
}

/** The queueing disciplines of a namespace, without those that the kernel chose. */
export async function showQdiscs(host: Host, netns: string | undefined): Promise<Qdisc[]> {
  return (await showAllQdiscs(host, netns)).filter(({ handle }) => handle !== kernelHandle);
}

/** The root queueing discipline of a link, unless the kernel chose it. */
export async function showRootQdisc(host: Host, netns: string | undefined, device: string): Promise<Qdisc | undefined> {
  const all = usesReadCache() ? await showQdiscs(host, netns) : await listQdiscs(host, netns, device);
  return all.find(({ dev, root, handle }) => dev === device && root && handle !== kernelHandle);
}

export interface TcClass {
  readonly classid: string;
  /** Undefined: the parent is the queueing discipline itself. */
  readonly parent?: string;
  readonly rateKbit: number;
  readonly ceilKbit: number;
  readonly priority: number;
}

const units: Readonly<Record<string, number>> = { bit: 0.001, Kbit: 1, Mbit: 1000, Gbit: 1_000_000, Tbit: 1e9 };

function kbitOf(rate: string): number {
  const [, number = "", unit = ""] = /^(\d+)(\w+)$/.exec(rate) ?? [];
  return Number(number) * (units[unit] ?? Number.NaN);
}

/** The classes of an htb. tc has no JSON for them; it prints each rate in the largest unit that keeps at least three digits. */
export async function showHtbClasses(
  host: Host,
  netns: string | undefined,
  device: string,
  handle: string,
): Promise<TcClass[]> {
  const { stdout } = await host.run(enter(netns, ["tc", "class", "show", "dev", device]));
  const line =
    /^class htb (\S+) (?:root|parent (\S+)) (?:leaf \S+ )?(?:prio (\d+) )?(?:quantum \d+ )?rate (\S+) ceil (\S+)/;
  return stdout.split("\n").flatMap((text) => {
    const [, classid, parent, prio = "0", rate = "", ceil = ""] = line.exec(text) ?? [];
    if (classid === undefined || !classid.startsWith(handle)) return [];
    const rates = { rateKbit: kbitOf(rate), ceilKbit: kbitOf(ceil), priority: Number(prio) };
    return [{ classid, ...(parent !== undefined && parent !== handle && { parent }), ...rates }];
  });
}

const missingModule = /kind is unknown|classifier not found|load TC action module/;

/**
 * Runs commands of tc until one fails. `module` is the kernel module for them, and `ofActions` are the modules of their
 * actions.
 */
export async function changeTc(
  host: Host,
  netns: string | undefined,
  commands: readonly (readonly string[])[],
  module: string,
  ofActions = "",
): Promise<void> {
  const [first, ...others] = commands;
  if (!first) return;
  try {
    if (others.length === 0) await host.run(enter(netns, ["tc", ...first]));
    else await host.run(enter(netns, ["tc", "-batch", "-"]), { input: batchLines(commands) });
  } catch (error) {
    const stderr = error instanceof LocalnetError ? (error.command?.stderr ?? "") : "";
    if (!hasCode(error, "LN_COMMAND") || !missingModule.test(stderr)) throw error;
    const lacking = stderr.includes("action module") ? ofActions : module;
    const hint = `load its kernel module: modprobe ${lacking.includes(" ") ? "-a " : ""}${lacking}; a kernel without it has to be replaced`;
    throw new LocalnetError("LN_KERNEL", `the running kernel lacks ${lacking}`, { command: error.command, hint });
  }
}

/** Restores the length of a link's transmit queue. The kernel sets it from 0 to 1000 when the link gets a discipline. */
export async function keepQueueLength(
  host: Host,
  netns: string | undefined,
  { ifname, txqlen = 0 }: Pick<Link, "ifname" | "txqlen">,
  addQdisc: () => Promise<void>,
): Promise<void> {
  await addQdisc();
  if (txqlen === 0) await ipAll(host, netns, [["link", "set", "dev", ifname, "txqueuelen", "0"]]);
}
