import type { Values } from "../../../provider/src/core/check";

/** A copy with another value at a path such as "peer.name". */
export function withValue(values: Values, path: string, value: unknown): Values {
  const [key = "", ...rest] = path.split(".");
  return { ...values, [key]: rest.length ? withValue((values[key] ?? {}) as Values, rest.join("."), value) : value };
}

/** The paths at which two sets of inputs differ; a list is one value. */
export function changedPaths(before: Values, after: Values, prefix = ""): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const [was, is] = [before[key], after[key]];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    const nested = isValues(was) && isValues(is);
    return nested ? changedPaths(was, is, `${prefix}${key}.`) : [prefix + key];
  });
}

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
