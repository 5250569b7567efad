import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { getOrCreate } from "../host/coalesce";
import { kernelChooses } from "../schema/fields";
import { elementOf, hasUnknown, objectIn, type Values } from "./check";
import { withoutSecrets } from "./secrets";

/** A place where two sets of inputs differ. */
export interface Difference {
  readonly path: string;
  readonly replace: boolean;
  readonly wanted: unknown;
  readonly observed: unknown;
  /** The values must not appear in any message. */
  readonly sensitive?: boolean;
}

/** Where `observed` differs from `wanted`. A value that is not known yet differs from every other value. */
export function differences(
  schema: z.ZodObject,
  wanted: Values,
  observed: Values,
  prefix = "",
  replaced = false,
): Difference[] {
  return fieldsOf(schema).flatMap(([key, field]) => {
    const [want, have] = [wanted[key] ?? undefined, observed[key] ?? undefined];
    if (isSame(field, want, have) && !hasUnknown(want)) return [];
    if (key in wanted && want === undefined && field.meta()?.unset === kernelChooses) return [];
    const replaces = replaced || doesReplace(field, have, want);
    const nested = objectIn(field);
    const path = `${prefix}${key}`;
    if (nested && isValues(want) && isValues(have)) return differences(nested, want, have, `${path}.`, replaces);
    const { sensitive, secret, entries } = field.meta() ?? {};
    const entry = entries === undefined ? undefined : objectIn(elementOf(field));
    if (entry && Array.isArray(want) && Array.isArray(have) && !hasUnknown(want))
      return entryDifferences(entry, want, have, (each) => (each as Values)[entries ?? ""], path);
    const [shownWant, shownHave] = [withoutSecrets(field, want), withoutSecrets(field, have)];
    // Maybe only a secret inside it differs.
    const isHidden = sensitive || secret || isDeepStrictEqual(shownWant, shownHave);
    return [{ path, replace: replaces, wanted: shownWant, observed: shownHave, ...(isHidden && { sensitive: true }) }];
  });
}

/** Where lists differ whose entries are told apart by one of their inputs. */
function entryDifferences(
  entry: z.ZodObject,
  wanted: readonly unknown[],
  observed: readonly unknown[],
  keyOf: (each: unknown) => unknown,
  path: string,
): Difference[] {
  const [wants, has] = [wanted, observed].map((list) => new Map(list.map((each) => [keyOf(each), each])));
  const changed = wanted.flatMap((want, index): Difference[] => {
    const have = has?.get(keyOf(want));
    if (isValues(want) && isValues(have)) return differences(entry, want, have, `${path}[${index}].`);
    return [{ path: `${path}[${index}]`, replace: false, wanted: want, observed: have }];
  });
  const surplus = observed.flatMap((have, index) =>
    wants?.has(keyOf(have)) ? [] : [{ path: `${path}[${index}]`, replace: false, wanted: undefined, observed: have }],
  );
  return [...changed, ...surplus];
}

function doesReplace(field: z.ZodType, was: unknown, is: unknown): boolean {
  const { replace = false } = field.meta() ?? {};
  if (typeof replace === "boolean") return replace;
  return hasUnknown(is) || replace(was as never, is as never);
}

function isSame(field: z.ZodType, want: unknown, have: unknown): boolean {
  const { subset } = field.meta() ?? {};
  if (!subset || !Array.isArray(want) || !Array.isArray(have)) return isDeepStrictEqual(want, have);
  const groups = (list: unknown[]) => {
    const result = new Map<string, unknown[]>();
    for (const entry of list) getOrCreate(result, subset(entry as never), () => []).push(entry);
    return result;
  };
  return isDeepStrictEqual(groups(want), groups(have));
}

/** The recorded values of those keys that at least one of the requests has. */
export function pick(schema: z.ZodObject, values: Values, ...requests: Values[]): Values {
  const result: Values = {};
  for (const [key, field] of fieldsOf(schema)) {
    const given = requests.map((each) => each[key] ?? undefined).filter((each) => each !== undefined);
    const value = values[key] ?? undefined;
    const nested = objectIn(field);
    if (given.length === 0 || value === undefined) continue;
    result[key] = nested && isValues(value) ? pick(nested, value, ...given.filter(isValues)) : value;
  }
  return result;
}

/** The wanted inputs with their observed values. Inputs that are not wanted are left out; those that cannot be observed keep the wanted value. */
export function observedInputs(schema: z.ZodObject, wanted: Values, observed: object): Values {
  const observedValues = observed as Values;
  const result: Values = {};
  for (const [key, field] of fieldsOf(schema)) {
    // A key without a value asks that the input be absent.
    if (!(key in wanted) || wanted[key] === null) continue;
    const [want, have] = [wanted[key], observedValues[key]];
    const nested = objectIn(field);
    if (!(key in observedValues) || key === "owner") {
      if (want !== undefined) result[key] = want;
    } else if (nested && isValues(want) && isValues(have)) result[key] = observedInputs(nested, want, have);
    else if (field.meta()?.subset && Array.isArray(want) && Array.isArray(have)) {
      const [request, present] = [common(want, have), common(have, want)];
      result[key] = isSame(field, request, present) ? request : present;
    } else if (have !== undefined) result[key] = have;
  }
  return result;
}

/** The entries of the first list that are in the second one too. */
function common(list: readonly unknown[], other: readonly unknown[]): unknown[] {
  return list.filter((entry) => other.some((each) => isDeepStrictEqual(entry, each)));
}

/** The inputs after an update that stopped halfway. What can be observed: all that was wanted before or is wanted now. The rest: as before. */
export function partialInputs(schema: z.ZodObject, before: Values, now: Values, observed: object): Values {
  const observedValues = observed as Values;
  const request: Values = {};
  for (const [key, field] of fieldsOf(schema)) {
    const [was, is, have] = [before[key], now[key], observedValues[key]];
    const nested = objectIn(field);
    if (!(key in observedValues) || is === undefined) request[key] = was ?? null;
    else if (nested && isValues(was) && isValues(is) && isValues(have))
      request[key] = partialInputs(nested, was, is, have);
    else if (Array.isArray(was) && Array.isArray(is)) request[key] = [...new Set([...was, ...is])];
    else request[key] = is;
  }
  return observedInputs(schema, request, observedValues);
}

/** Plain JSON. The engine accepts nothing else: one `undefined` makes it lose an object that was just made. */
export function toJsonValues(values: Values): Values {
  return JSON.parse(JSON.stringify(values)) as Values;
}

export function describe({ path, wanted, observed, sensitive }: Difference): string {
  if (sensitive) return `${path}: differs; the values are not shown, since they may be secret`;
  return `${path}: wanted ${JSON.stringify(wanted) ?? "nothing"}, seen ${JSON.stringify(observed) ?? "nothing"}`;
}

export function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fieldsOf(schema: z.ZodObject): [string, z.ZodType][] {
  return Object.entries(schema.shape as z.ZodRawShape) as [string, z.ZodType][];
}
