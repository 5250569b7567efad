import { hasCode, LocalnetError } from "../errors";
import { type Host, type HostSettings, openHost } from "../host";
import { listNetns } from "../host/netns";
import { at, netnsName } from "../schema/fields";
import type { Values } from "./check";
import { findImportable } from "./import";
import { type Candidate, type KernelObject, type ObjectReader, referencesIn, standsFor } from "./kernel-object";
import type { AnyKind, Importable } from "./kind";

/** An object that can be imported, with its kind. */
export interface ImportableObject {
  readonly type: string;
  readonly id: string;
}

interface Remark {
  readonly what: string;
  readonly why: string;
}

interface Discovered {
  readonly importable: ImportableObject[];
  /** What cannot be imported or could not be read, and why. */
  readonly omitted: Remark[];
  /** What can be imported, but needs something that cannot. */
  readonly dependent: Remark[];
}

type Place = string | undefined;

/**
 * What can be imported from a host: from one namespace, or from its own and all named ones. The readers report what no kind
 * lists. Changes nothing.
 */
export async function discover(
  kinds: readonly AnyKind[],
  readers: readonly ObjectReader[],
  settings: HostSettings,
  netns?: string,
): Promise<Discovered> {
  const host = openHost(undefined, settings);
  const all = await listNetns(host);
  if (netns !== undefined && !all.includes(netns)) {
    throw new LocalnetError("LN_NETNS", `there is no network namespace "${netns}"`, { hint: "see ip netns list" });
  }
  const candidates = netns === undefined ? all : [netns];
  const named = candidates.filter((name) => netnsName.safeParse(name).success);
  const namespaces = [...(netns === undefined ? [undefined] : []), ...named];
  const each = await Promise.all(kinds.map((kind) => discoverKind(kind, host, settings, namespaces)));
  const accepted = each.flatMap((kind) => kind.accepted);
  const known = { accepted, refused: each.flatMap(({ refused }) => refused) };
  const other = await Promise.all(namespaces.map((place) => readObjects(readers, host, place, known)));
  const unnameable = candidates.filter((name) => !named.includes(name));
  return {
    importable: accepted.map(({ kind, id }) => ({ type: kind.type, id })),
    omitted: [
      ...unnameable.map((name) => ({ what: `namespace ${JSON.stringify(name)}`, why: "no input can say its name" })),
      ...each.flatMap(({ omitted }) => omitted),
      ...other.flatMap(({ omitted }) => omitted),
    ],
    dependent: accepted.flatMap((each) => dependence(each, other)),
  };
}

interface KindObjects {
  readonly accepted: Candidate[];
  /** What the kind lists but cannot be imported. */
  readonly refused: Candidate[];
  readonly omitted: Remark[];
}

async function discoverKind(
  kind: AnyKind,
  host: Host,
  settings: HostSettings,
  namespaces: readonly Place[],
): Promise<KindObjects> {
  const { accepted, refused, omitted }: KindObjects = { accepted: [], refused: [], omitted: [] };
  const known = new Set<string>();
  for (const netns of namespaces) {
    const list = async () => (await kind.imports?.list(host, netns)) ?? [];
    for (const { id, omit } of await attempt<Importable>(list, inNamespace(kind.type, netns), omitted)) {
      if (omit === undefined && known.has(id)) continue;
      known.add(id);
      const outcome = omit ?? (await importable(kind, id, settings, known));
      if (typeof outcome !== "string") accepted.push({ kind, id, values: outcome });
      else {
        omitted.push({ what: `${kind.type} ${id}`, why: outcome });
        refused.push({ kind, id, values: (kind.imports?.parse(id) ?? {}) as Values });
      }
    }
  }
  return { accepted, refused, omitted };
}

interface NamespaceObjects {
  readonly netns: Place;
  readonly objects: readonly KernelObject[];
  readonly omitted: Remark[];
}

/** Reads what no kind lists. */
async function readObjects(
  readers: readonly ObjectReader[],
  host: Host,
  netns: Place,
  { accepted, refused }: Pick<KindObjects, "accepted" | "refused">,
): Promise<NamespaceObjects> {
  const omitted: Remark[] = [];
  const each = readers.map(({ name, read }) => attempt(() => read(host, netns), inNamespace(name, netns), omitted));
  const objects = (await Promise.all(each)).flat();
  const without = (some: readonly Candidate[]) =>
    objects.filter((object) => !some.some((candidate) => standsFor(candidate, netns, object)));
  const others = without([...accepted, ...refused]);
  // What a kind lists but cannot import is reported already; a resource that needs it still misses it.
  return {
    netns,
    objects: without(accepted),
    omitted: [...others.map(({ what, why }) => ({ what: at(what, netns), why })), ...omitted],
  };
}

/** What a resource needs that cannot be imported. */
function dependence({ kind, id, values }: Candidate, namespaces: readonly NamespaceObjects[]): Remark[] {
  const missing = referencesIn(kind.args, values).flatMap(({ of, name, netns, input }) => {
    const objects = namespaces.find((place) => place.netns === netns)?.objects ?? [];
    const object = objects.find(({ referred }) => referred?.of === of && referred.name === name);
    return object ? [`${at(object.what, netns as Place)}, its ${input}`] : [];
  });
  return missing.length > 0 ? [{ what: `${kind.type} ${id}`, why: missing.join("; ") }] : [];
}

function inNamespace(what: string, netns: Place): string {
  return netns === undefined ? what : `${what} in ${netns}`;
}

/** The entries of a list. If it cannot be read, adds the reason to `omitted`. */
async function attempt<T>(list: () => Promise<readonly T[]>, what: string, omitted: Remark[]): Promise<readonly T[]> {
  try {
    return await list();
  } catch (error) {
    // A host that lacks the command or the kernel feature has no such objects.
    if (!hasCode(error, "LN_COMMAND", "LN_KERNEL", "LN_MISSING", "LN_NETNS", "LN_TIMEOUT", "LN_TOOL")) throw error;
    omitted.push({ what, why: reason(error) });
    return [];
  }
}

/** The properties of an object that can be imported, or the reason why it cannot. Adds its other id to `known`. */
async function importable(
  kind: AnyKind,
  id: string,
  settings: HostSettings,
  known: Set<string>,
): Promise<Values | string> {
  try {
    const resource = await findImportable(kind, id, "", settings);
    if (!resource) return "it is not found under its id";
    if (kind.imports?.alias) known.add(kind.imports.alias(resource.inputs));
    return resource.outputs;
  } catch (error) {
    if (hasCode(error, "LN_EXISTS", "LN_INPUT", "LN_COMMAND", "LN_TIMEOUT", "LN_TOOL")) return reason(error);
    throw error;
  }
}

/** The reason of an error, on one line. */
function reason({ summary, command }: LocalnetError): string {
  return [summary, command?.stderr?.trim().split("\n")[0]].filter(Boolean).join(": ");
}
