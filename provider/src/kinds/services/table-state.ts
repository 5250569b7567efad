import type { z } from "zod";
import type { Host } from "../../host";
import { getOrCreate } from "../../host/coalesce";
import { readSysctls } from "../../tools/sysctl";
import { sysctl } from "../host/sysctl";
import type { Node } from "./node";
import type { TableService, tableArgs } from "./table-args";
import { layerFor, layersOf, type ModeName, planOf, settingsOf } from "./table-modes";
import {
  type Digests,
  digestAt,
  digestOf,
  type Family,
  grouped,
  type Kernels,
  type LayerName,
  nodeGroup,
  type Part,
} from "./table-parts";

export type TableArgs = z.output<z.ZodObject<typeof tableArgs>> & { readonly owner: string };

const allFamilies = ["ipv4", "ipv6"] as const;

type MadeTable = TableArgs & { readonly listed: Digests };

const knownTables = new WeakMap<object, MadeTable>();

/** What a table was made of, where that is recorded: a refresh leaves out of `families` those that have drifted. */
export function madeOf(recorded: object | undefined): MadeTable | undefined {
  const table = recorded as (TableArgs & { readonly listed?: Digests }) | undefined;
  const { listed } = table ?? {};
  if (!table || !listed) return undefined;
  return getOrCreate(knownTables, table, () => ({
    ...table,
    families: allFamilies.filter((family) => nodeGroup(family) in listed),
    listed,
  }));
}

/** A setting is a part like others. */
interface SettingPart extends Part {
  readonly setting: string;
}

export interface Kernel {
  readonly layers: Kernels;
  readonly settings: ReadonlyMap<string, string>;
}

/** Reads what a mode uses, and what other layers have. */
export async function readKernel(
  host: Host,
  netns: string | undefined,
  mode: ModeName,
  others: readonly LayerName[] = [],
): Promise<Kernel> {
  const keys = settingsOf({ mode, families: [...allFamilies] });
  const [layers, values] = await Promise.all([
    readLayers(host, netns, new Set([...layersOf(mode), ...others])),
    keys.length > 0 ? readSysctls(host, netns, keys) : new Map<string, string>(),
  ]);
  return { layers, settings: values };
}

export async function readLayers(
  host: Host,
  netns: string | undefined,
  names: ReadonlySet<LayerName>,
): Promise<Kernels> {
  const read = [...names].map(async (name) => [name, await layerFor(name).read(host, netns, allFamilies)]);
  return Object.fromEntries(await Promise.all(read));
}

const knownParts = new WeakMap<TableArgs, readonly Part[]>();

/** All that a table is made of. An update asks for it a dozen times, and for 1000 services it takes half a second. */
export function partsOf(args: TableArgs): readonly Part[] {
  return getOrCreate(knownParts, args, () => [...settingParts(args), ...planOf(nodeOf(args), args.owner)]);
}

export function settingParts(args: TableArgs): SettingPart[] {
  const group = nodeGroup(args.families.toSorted()[0] ?? "ipv4");
  return settingsOf(args).map((setting) => ({
    ...{ layer: "settings", key: `setting ${setting}`, group, text: "1", setting },
  }));
}

export function isSetting(part: Part): part is SettingPart {
  return part.layer === "settings";
}

function nodeOf({ services, ...args }: TableArgs): Node {
  return { ...args, services: services.map(({ drift: _, ...service }) => service) } as Node;
}

export function linesOf({ layers, settings }: Kernel, part: Part): readonly string[] | undefined {
  if (!isSetting(part)) return layerFor(part.layer).linesOf(layers[part.layer], part);
  const value = settings.get(part.setting);
  return value === undefined ? undefined : [value];
}

/** What a table is in the kernel. */
export interface TableState {
  /** Is anything of it there? */
  readonly exists: boolean;
  readonly listed: Digests;
  /** The keys of the parts that are not as they were made. */
  readonly wrong: ReadonlySet<string>;
  readonly services: TableService[];
  readonly families: Family[];
  /** What of the node itself is not as it was made. */
  readonly ofNode: readonly string[];
}

/** `listed`: what the parts were when they were made; undefined: only what can be told from how they are written counts. */
export function compareWithKernel(
  args: TableArgs,
  parts: readonly Part[],
  kernel: Kernel,
  listed?: Digests,
): TableState {
  const groups = grouped(parts);
  const wrong = new Map<string, string>();
  const now: Record<string, string> = {};
  let exists = false;
  for (const [group, members] of groups) {
    const digests = members.map((part, index) => {
      const lines = linesOf(kernel, part);
      const digest = digestOf(lines);
      const known = digestAt(listed, group, index);
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

function isWhole({ layers }: Kernel, part: Part, lines: readonly string[]): boolean {
  return isSetting(part) ? lines[0] === part.text : layerFor(part.layer).isWhole(layers[part.layer], part, lines);
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
