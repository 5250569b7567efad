import { hasCode, LocalnetError } from "../errors";
import { type Host, type HostSettings, openHost } from "../host";
import { listNetns } from "../host/netns";
import { netnsName } from "../schema/fields";
import { findImportable } from "./import";
import type { AnyKind, Importable } from "./kind";

/** An object that can be imported, with its kind. */
export interface ImportableObject {
  readonly type: string;
  readonly id: string;
}

export interface Discovered {
  readonly importable: ImportableObject[];
  /** What else there is, or where nobody could look, and why. */
  readonly left: { readonly what: string; readonly why: string }[];
}

/** What may be imported of a host: of one namespace, or of its own and all named ones. Changes nothing. */
export async function discover(kinds: readonly AnyKind[], settings: HostSettings, netns?: string): Promise<Discovered> {
  const host = openHost(undefined, settings);
  const all = await listNetns(host);
  if (netns !== undefined && !all.includes(netns)) {
    throw new LocalnetError("LN_NETNS", `there is no network namespace "${netns}"`, { hint: "see ip netns list" });
  }
  const asked = netns === undefined ? all : [netns];
  const named = asked.filter((name) => netnsName.safeParse(name).success);
  const places = [...(netns === undefined ? [undefined] : []), ...named];
  const each = await Promise.all(kinds.map((kind) => discoverKind(kind, host, settings, places)));
  const strange = asked.filter((name) => !named.includes(name));
  return {
    importable: each.flatMap(({ importable }) => importable),
    left: [
      ...strange.map((name) => ({ what: `namespace ${JSON.stringify(name)}`, why: "no input can say its name" })),
      ...each.flatMap(({ left }) => left),
    ],
  };
}

async function discoverKind(
  kind: AnyKind,
  host: Host,
  settings: HostSettings,
  places: readonly (string | undefined)[],
): Promise<Discovered> {
  const found: Discovered = { importable: [], left: [] };
  const known = new Set<string>();
  for (const netns of places) {
    for (const { id, omit } of await listed(kind, host, netns, found)) {
      if (known.has(id)) continue;
      known.add(id);
      const why = omit ?? (await refusal(kind, id, settings, known));
      if (why === undefined) found.importable.push({ type: kind.type, id });
      else found.left.push({ what: `${kind.type} ${id}`, why });
    }
  }
  return found;
}

async function listed(
  kind: AnyKind,
  host: Host,
  netns: string | undefined,
  { left }: Discovered,
): Promise<readonly Importable[]> {
  try {
    return (await kind.imports?.list(host, netns)) ?? [];
  } catch (error) {
    // A host without the command or the kernel's part has nothing of the kind either.
    if (!hasCode(error, "LN_COMMAND", "LN_KERNEL", "LN_NETNS", "LN_TOOL")) throw error;
    left.push({ what: `${kind.type}${netns === undefined ? "" : ` in ${netns}`}`, why: reason(error) });
    return [];
  }
}

/** Why an object cannot be imported; undefined: it can. Under which other id it is known is noted. */
async function refusal(
  kind: AnyKind,
  id: string,
  settings: HostSettings,
  known: Set<string>,
): Promise<string | undefined> {
  try {
    const found = await findImportable(kind, id, "", settings);
    if (!found) return "it is not found under its id";
    if (kind.imports?.alias) known.add(kind.imports.alias(found.inputs));
    return undefined;
  } catch (error) {
    if (hasCode(error, "LN_EXISTS", "LN_INPUT", "LN_COMMAND")) return reason(error);
    throw error;
  }
}

/** On one line. */
function reason({ summary, ran }: LocalnetError): string {
  return [summary, ran?.stderr?.trim().split("\n")[0]].filter(Boolean).join(": ");
}
