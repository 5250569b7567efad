import { isDeepStrictEqual } from "node:util";
import type { Values } from "../../core/check";
import { isValues } from "../../core/compare";
import type { Entry } from "../../core/ledger";
import { stackOf } from "../../core/ownership";
import { LocalnetError } from "../../errors";

// What resources want of a link that none of them made: each input by its path, with the value from before.

/** Values by the path of the input; null: absent. For addresses, the list. */
export type Wanted = Readonly<Record<string, unknown>>;

/** An entry of the ledger about a link. */
export interface Share {
  readonly owner: string;
  readonly value: Wanted;
  readonly before: Wanted;
}

export function shareOf({ owner, value, before }: Entry): Share {
  return { owner, value: value as Wanted, before: before as Wanted };
}

/** The inputs that have a value, by their paths. */
export function flat(values: object, keys: readonly string[]): Wanted {
  const all = values as Values;
  const entries = keys.flatMap((key): [string, unknown][] => {
    const value = all[key];
    if (isValues(value)) return Object.entries(value).map(([inner, each]) => [`${key}.${inner}`, each]);
    return [[key, value]];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The inverse: null becomes undefined, which means that the value must be absent. */
export function nested(wanted: Wanted): Values {
  const result: Values = {};
  for (const [path, value] of Object.entries(wanted)) {
    const [key = "", inner] = path.split(".");
    if (inner === undefined) result[key] = value ?? undefined;
    else result[key] = { ...(result[key] as Values | undefined), [inner]: value ?? undefined };
  }
  return result;
}

/** Stacks that share a link must agree on each input that both set. Addresses are separate. */
export function requireAgreement(others: readonly Share[], owner: string, wanted: Wanted): void {
  for (const { owner: other, value } of others.filter((each) => stackOf(each.owner) !== stackOf(owner))) {
    const path = Object.keys(wanted).find(
      (key) => key !== "addresses" && key in value && !isDeepStrictEqual(value[key], wanted[key]),
    );
    if (path === undefined) continue;
    const hint = "two stacks can share a link if they agree on the inputs that both set";
    throw new LocalnetError("LN_EXISTS", `${path}: ${other} has set it to ${JSON.stringify(value[path])}`, { hint });
  }
}

const list = (wanted: Wanted | undefined) => (wanted?.addresses ?? []) as readonly string[];

/** The inputs of both; the second one wins. */
export function union(one: Wanted | undefined, other: Wanted): Wanted {
  const addresses = [...new Set([...list(other), ...list(one)])];
  return { ...one, ...other, ...(addresses.length > 0 && { addresses }) };
}

/** The values of the wanted inputs from before any resource set them. */
export function beforeOf(wanted: Wanted, holders: readonly Share[], now: Wanted): Wanted {
  const entries = Object.keys(wanted).map((key): [string, unknown] => {
    const first = holders.find(({ value }) => key in value);
    if (key !== "addresses") return [key, first ? (first.before[key] ?? null) : (now[key] ?? null)];
    const known = holders.flatMap(({ value, before }) => (list(value).length > 0 ? [[list(value), list(before)]] : []));
    return [
      key,
      list(wanted).filter((each) => {
        const holder = known.find(([value]) => value?.includes(each));
        return (holder ? holder[1] : list(now))?.includes(each);
      }),
    ];
  });
  return Object.fromEntries(entries);
}

/** The inputs that an entry no longer wants, with the values that others want or that were there before. Without addresses. */
export function noLongerWanted(former: Share | undefined, wanted: Wanted, others: readonly Share[]): Wanted {
  const paths = Object.keys(former?.value ?? {}).filter((key) => key !== "addresses" && !(key in wanted));
  return Object.fromEntries(
    paths.map((key) => {
      const other = others.find(({ value }) => key in value);
      return [key, other ? other.value[key] : (former?.before[key] ?? null)];
    }),
  );
}

/** The addresses that stay although they are no longer wanted: others want them, or they were there before. */
export function keptAddresses(former: Share | undefined, wanted: Wanted, others: readonly Share[]): string[] {
  const gone = list(former?.value).filter((each) => !list(wanted).includes(each));
  return gone.filter(
    (each) => list(former?.before).includes(each) || others.some(({ value }) => list(value).includes(each)),
  );
}
