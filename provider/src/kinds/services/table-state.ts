import type { z } from "zod";
import type { Host } from "../../host";
import { readSysctl } from "../../tools/sysctl";
import { sysctl } from "../host/sysctl";
import { routeLocalnet } from "./iptables-node";
import type { Node } from "./node";
import type { TableService, tableArgs } from "./table-args";
import { iptablesMode } from "./table-iptables";
import { nftablesMode } from "./table-nftables";
import { digestOf, type Family, grouped, type Listed, listedAt, type Mode, nodeGroup, type Part } from "./table-parts";

export type TableArgs = z.output<z.ZodObject<typeof tableArgs>> & { readonly owner: string };
type ModeName = TableArgs["mode"];

const allFamilies = ["ipv4", "ipv6"] as const;

export function modeOf(name: ModeName): Mode {
  // A table in mode ipvs is refused.
  return (name === "nftables" ? nftablesMode : iptablesMode) as unknown as Mode;
}

/** A setting is a part like others. */
interface SettingPart extends Part {
  readonly setting: string;
}

/** The key of the setting that a table needs; undefined: none. */
export function settingOf({ mode, families }: Pick<TableArgs, "mode" | "families">): string | undefined {
  return mode === "iptables" && families.includes("ipv4") ? String(routeLocalnet.inputs.key) : undefined;
}

export interface Kernel {
  readonly mode: Mode;
  readonly objects: unknown;
  readonly setting: string | undefined;
}

export async function readKernel(host: Host, netns: string | undefined, mode: ModeName): Promise<Kernel> {
  const setting = settingOf({ mode, families: ["ipv4"] });
  const [objects, value] = await Promise.all([
    modeOf(mode).read(host, netns, allFamilies),
    setting === undefined ? undefined : readSysctl(host, netns, setting),
  ]);
  return { mode: modeOf(mode), objects, setting: value };
}

/** All that a table is made of. */
export function partsOf(args: TableArgs): Part[] {
  const parts = modeOf(args.mode).plan(nodeOf(args), args.owner);
  const setting = settingOf(args);
  const part = setting && { key: `setting ${setting}`, group: nodeGroup("ipv4"), text: "1", setting };
  return part ? [part, ...parts] : parts;
}

export function isSetting(part: Part): part is SettingPart {
  return "setting" in part;
}

function nodeOf({ services, ...args }: TableArgs): Node {
  return { ...args, services: services.map(({ drift: _, ...service }) => service) } as Node;
}

export function linesOf({ mode, objects, setting }: Kernel, part: Part): readonly string[] | undefined {
  if (isSetting(part)) return setting === undefined ? undefined : [setting];
  return mode.linesOf(objects, part);
}

/** What a table is in the kernel. */
export interface Look {
  /** Is anything of it there? */
  readonly exists: boolean;
  readonly listed: Listed;
  /** The keys of the parts that are not as they were made. */
  readonly wrong: ReadonlySet<string>;
  readonly services: TableService[];
  readonly families: Family[];
  /** What of the node itself is not as it was made. */
  readonly ofNode: readonly string[];
}

/** `listed`: what the parts were when they were made; undefined: only what can be told from how they are written counts. */
export function look(args: TableArgs, parts: readonly Part[], kernel: Kernel, listed?: Listed): Look {
  const groups = grouped(parts);
  const wrong = new Map<string, string>();
  const now: Record<string, string> = {};
  let exists = false;
  for (const [group, members] of groups) {
    const digests = members.map((part, index) => {
      const lines = linesOf(kernel, part);
      const digest = digestOf(lines);
      const known = listedAt(listed, group, index);
      if (lines && !isSetting(part)) exists = true;
      const isRight =
        lines && (known === undefined || isSetting(part) ? isWhole(kernel, part, lines) : known === digest);
      if (!isRight) wrong.set(part.key, `${part.key} ${lines ? "is not as it was made" : "is missing"}`);
      return digest;
    });
    now[group] = digests.join("");
  }
  const driftOf = (group: string) => describe(groups.get(group) ?? [], wrong);
  const services = args.services.map(({ drift: _, ...service }) => {
    const drift = driftOf(service.name);
    return drift === undefined ? service : { ...service, drift };
  });
  const ofNode = args.families.flatMap((family) => driftOf(nodeGroup(family)) ?? []);
  const families = args.families.filter((family) => driftOf(nodeGroup(family)) === undefined);
  return { exists, listed: listed ?? now, wrong: new Set(wrong.keys()), services, families, ofNode };
}

function isWhole({ mode, objects }: Kernel, part: Part, lines: readonly string[]): boolean {
  return isSetting(part) ? lines[0] === part.text : mode.isWhole(objects, part, lines);
}

/** As many as a message names. */
const most = 3;

function describe(parts: readonly Part[], wrong: ReadonlyMap<string, string>): string | undefined {
  const texts = parts.flatMap(({ key }) => wrong.get(key) ?? []);
  if (texts.length === 0) return undefined;
  if (texts.length === parts.length && texts.every((text) => text.endsWith("is missing")))
    return "all of it is missing";
  const more = texts.length > most ? `; and ${texts.length - most} more` : "";
  return `${texts.slice(0, most).join("; ")}${more}`;
}

/** The inputs of a setting's own kind. */
export function settingArgs({ netns, owner }: TableArgs, key: string) {
  return sysctl.args.parse({ key, value: "1", owner, ...(netns !== undefined && { netns }) });
}
