import { hasCode } from "../errors";
import { type Host, type HostSettings, openHost } from "../host";
import { prefetch, withCommandCache } from "../host/command-cache";
import { listNetns } from "../host/netns";
import { netnsName } from "../schema/fields";
import type { Values } from "./check";
import { isValues, toJsonValues } from "./compare";
import { identity, located } from "./import";
import type { AnyKind } from "./kind";
import { observeOwned } from "./ownership";

/** An object of a host, whoever made it. */
interface Surveyed {
  readonly type: string;
  readonly id: string;
  /** "": neither a mark nor the ledger names one. */
  readonly owner: string;
  readonly netns: string | undefined;
  readonly outputs: Values;
}

/**
 * All objects of a host that a kind can list, in its own namespace and in all named ones, those of stacks too. Changes
 * nothing. Objects that cannot be read because a tool or a kernel feature is missing are left out: they cannot exist.
 */
export function survey(kinds: readonly AnyKind[], settings: HostSettings): Promise<Surveyed[]> {
  const host = openHost(undefined, settings);
  const ofAll = async (namespaces: readonly (string | undefined)[]) =>
    (await Promise.all(kinds.map((kind) => ofKind(kind, host, namespaces)))).flat();
  return withCommandCache(async () => {
    const named = (await listNetns(host)).filter((name) => netnsName.safeParse(name).success);
    if (named.length > manyNamespaces) {
      const samples = [0, 0.5, 1].flatMap((part) => named[Math.floor(part * (named.length - 1))] ?? []);
      await ofAll(samples);
      const others = named.filter((name) => !samples.includes(name));
      await prefetch(host, samples, others);
    }
    return ofAll([undefined, ...named]);
  });
}

/** If there are more, most are alike: a few are read first, and then the same commands run for all others together. */
const manyNamespaces = 6;

async function ofKind(kind: AnyKind, host: Host, namespaces: readonly (string | undefined)[]): Promise<Surveyed[]> {
  const objects: Surveyed[] = [];
  const known = new Set<string>();
  for (const netns of namespaces) {
    for (const { id } of (await undefinedIfUnreadable(async () => kind.imports?.list(host, netns))) ?? []) {
      const each = known.has(id) ? undefined : await undefinedIfUnreadable(() => surveyOne(kind, host, id));
      known.add(id);
      if (!each) continue;
      if (kind.imports?.alias) known.add(kind.imports.alias(each.outputs));
      objects.push(each);
    }
  }
  return objects;
}

async function surveyOne(kind: AnyKind, host: Host, id: string): Promise<Surveyed | undefined> {
  const args = await located(kind, host, identity(kind, id, ""), id);
  const observed = args && (await observeOwned(kind, host, args, { ...args, imported: true }));
  if (!args || !observed) return undefined;
  const { owner: _, ...outputs } = toJsonValues({ ...merged(args, observed.inputs as Values), ...observed.outputs });
  const netns = kind.namespace ? kind.namespace(args) : (args.netns as string | undefined);
  return { type: kind.type, id, owner: observed.owner ?? "", netns, outputs };
}

async function undefinedIfUnreadable<T>(body: () => Promise<T>): Promise<T | undefined> {
  try {
    return await body();
  } catch (error) {
    if (hasCode(error, "LN_COMMAND", "LN_KERNEL", "LN_MISSING", "LN_NETNS", "LN_TOOL", "LN_INPUT", "LN_EXISTS"))
      return undefined;
    throw error;
  }
}

/** The identifying and the observed inputs of an object, merged one level down too: a pair's far end. */
function merged(args: Values, observed: Values): Values {
  const nested = Object.entries(observed).map(([key, value]) => {
    const named = args[key];
    return [key, isValues(named) && isValues(value) ? { ...named, ...value } : (value ?? named)];
  });
  return { ...args, ...Object.fromEntries(nested) };
}
