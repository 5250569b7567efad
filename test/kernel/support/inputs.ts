import type { z } from "zod";
import { objectIn } from "../../../provider/src/check";
import type { AnyKind } from "../../../provider/src/kind";
import type { Case } from "./case";
import { changedPaths } from "./paths";

const common = ["host", "adopt", "owner"];
const changed = new Map<AnyKind, Set<string>>();

/** Notes which inputs a case changes. */
export function tried(kind: AnyKind, { inputs, updates, replaces }: Case): void {
  const paths = changed.get(kind) ?? new Set<string>();
  let before = inputs;
  for (const { change } of updates) {
    const after = { ...before, ...change };
    for (const path of changedPaths(before, after)) paths.add(path);
    before = after;
  }
  for (const path of Object.keys(replaces)) paths.add(path);
  changed.set(kind, paths);
}

/** Proves that the cases of this file change every input of a kind, except those for which nothing happens. */
export function everyInput(kind: AnyKind, except: readonly string[] = []): void {
  test(`the cases change every input of ${kind.type}`, () => {
    const paths = [...(changed.get(kind) ?? [])];
    const missing = inputsOf(kind.args).filter((input) => !paths.some((path) => `${path}.`.startsWith(`${input}.`)));
    expect(missing.filter((input) => !except.includes(input) && !common.includes(input))).toEqual([]);
  });
}

function inputsOf(schema: z.ZodObject, prefix = ""): string[] {
  return Object.entries(schema.shape as z.ZodRawShape).flatMap(([key, field]) => {
    const nested = objectIn(field as z.ZodType);
    return nested && key === "peer" ? inputsOf(nested, `${prefix}${key}.`) : [prefix + key];
  });
}
