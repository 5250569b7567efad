import type { z } from "zod";
import { objectIn } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import type { Case } from "./case";
import { changedPaths } from "./paths";

/** Inputs of all kinds of links that ethtool and tc set, for all kinds in the same way. They have their own case files. */
const sides = ["offloads", "impairment"];
const common = ["host", "adopt", "owner", ...sides, ...sides.map((side) => `peer.${side}`)];
const changed = new Map<AnyKind, Set<string>>();
const drifted = new Map<AnyKind, Set<string>>();

/** Records which inputs a case changes by updates, and which by hand. */
export function tried(kind: AnyKind, { inputs, updates, replaces, drifts }: Case): void {
  const driftedInputs = drifted.get(kind) ?? new Set<string>();
  for (const { input } of drifts) driftedInputs.add(input).add(input.replace(/(?<=^|\.)bridgePort\..*/, "bridgePort"));
  drifted.set(kind, driftedInputs);
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

/** Proves that the cases of this file change every input of a kind by updates, except some. */
export function everyInput(kind: AnyKind, except: readonly string[] = []): void {
  if ("localnetFaults" in globalThis) return;
  test(`the cases change every input of ${kind.type}`, () => {
    const paths = [...(changed.get(kind) ?? [])];
    const missing = inputsOf(kind.args).filter((input) => !paths.some((path) => `${path}.`.startsWith(`${input}.`)));
    expect(missing.filter((input) => !except.includes(input) && !common.includes(input))).toEqual([]);
  });
}

/** Proves that the cases of this file change by hand every input that can be changed in place, except some, each with its reason. */
export function everyDrift(kind: AnyKind, except: Readonly<Record<string, string>> = {}): void {
  if ("localnetFaults" in globalThis) return;
  test(`the cases change every input of ${kind.type} by hand`, () => {
    const inputs = inputsOf(kind.args, (field) => field.meta()?.replace !== true);
    const known = [...(drifted.get(kind) ?? []), ...Object.keys(except), ...common];
    // A change of a part of an object counts.
    const isKnown = (input: string) => known.some((each) => `${each}.`.startsWith(`${input}.`));
    expect(inputs.filter((input) => !isKnown(input))).toEqual([]);
    expect(Object.keys(except).filter((input) => drifted.get(kind)?.has(input))).toEqual([]);
  });
}

function inputsOf(schema: z.ZodObject, counts: (field: z.ZodType) => boolean = () => true, prefix = ""): string[] {
  return Object.entries(schema.shape as z.ZodRawShape).flatMap(([key, field]) => {
    const nested = objectIn(field as z.ZodType);
    if (nested && key === "peer") return inputsOf(nested, counts, `${prefix}${key}.`);
    return counts(field as z.ZodType) ? [prefix + key] : [];
  });
}
