import type { z } from "zod";
import { check, objectIn, type Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import { create, read, remove, update } from "../../../provider/src/core/lifecycle";
import { whenUnknown } from "../../../provider/src/schema/fields";
import type { Case } from "./case";
import { isNone } from "./case";
import { failure } from "./contract";
import { withValue } from "./paths";
import { settings, type World } from "./world";

type Checked = (values: Values) => Values;

/** Proves what every kind has to do when its inputs are edited, also after a crash. The names of the tests say what that is. */
export function editedInputs(spec: Case, world: World, checked: Checked): void {
  const { kind } = spec;
  const other = `lnt/other/${world.tag}`;
  let id = "";
  let state: Values = {};

  async function make(values: Values): Promise<void> {
    ({ id, outputs: state } = await create(kind, values, settings));
  }
  async function away(): Promise<void> {
    await remove(kind, id, state, settings);
    expect(await spec.actual()).toBeUndefined();
  }
  /** The kernel's state after a create on a clean host. */
  async function fresh(values: Values): Promise<Values | undefined> {
    await make(values);
    const there = await spec.actual();
    await away();
    return comparable(there, values);
  }

  for (const { paths, before, after } of removals(spec, world.owner)) {
    test(`after inputs are taken away, the object is as if they had never been set: ${paths.join(", ")}`, async () => {
      const [first, second] = [checked(before), checked(after)];
      const wanted = await fresh(second);
      await make(first);
      state = await update(kind, id, state, second, settings);
      expect(comparable(await spec.actual(), second)).toEqual(wanted);
      expect((await read(kind, id, state, settings))?.outputs).toEqual(state);
      await away();

      // The same, if the run that set them crashed before it recorded them.
      await make(first);
      await make(second);
      expect(comparable(await spec.actual(), second)).toEqual(wanted);
      await away();
    });
  }

  if (kind.unmarked && !isNone(spec.vanish)) {
    const { vanish } = spec;
    const theirs = () => ({ ...checked(spec.inputs), owner: other, adopt: true });

    test("an object that an update makes again belongs to its resource", async () => {
      await make(checked(spec.inputs));
      await vanish();
      await remove(kind, id, { ...state, owner: other }, settings);
      state = await update(kind, id, state, checked({ ...spec.inputs, ...spec.updates[0]?.change }), settings);
      const wanted = { ...checked({ ...spec.inputs, ...spec.updates[0]?.change }), owner: other, adopt: true };
      expect(await failure(() => create(kind, wanted, settings))).toMatchObject({ code: "LN_EXISTS" });
      await away();
    });

    test("an entry of the ledger whose object is gone does not refuse others", async () => {
      await make(checked(spec.inputs));
      await vanish();
      const ours = state;
      await make(theirs());
      // It is theirs now. A resource that recorded the former object does not touch it.
      await remove(kind, id, ours, settings);
      expect(await spec.actual()).toBeDefined();
      await away();
    });
  }
}

interface Removal {
  readonly paths: readonly string[];
  readonly before: Values;
  readonly after: Values;
}

/** The optional inputs to take away: all at once and, with LOCALNET_TEST_EACH, also each of them alone. */
function removals(spec: Case, owner: string): Removal[] {
  const all = programs(spec);
  const optional = optionalInputs(spec.kind).filter((path) => !spec.needed?.[path]);
  const given = (program: Values) => optional.filter((path) => valueAt(program, path) !== undefined);
  const without = (before: Values | undefined, paths: readonly string[]): Removal[] => {
    const after = before && paths.length > 0 && withoutInputs(spec.kind, before, paths, owner);
    return before && after ? [{ paths, before, after }] : [];
  };
  const richest = all.toSorted((a, b) => given(b).length - given(a).length)[0];
  const atOnce = without(richest, richest ? given(richest) : []);
  if (!process.env.LOCALNET_TEST_EACH) return atOnce;
  const each = optional.flatMap((path) =>
    without(
      all.findLast((program) => valueAt(program, path) !== undefined),
      [path],
    ),
  );
  return [...atOnce, ...each];
}

/** The inputs after each update of the case. */
function programs({ inputs, updates }: Case): Values[] {
  const all = [inputs];
  for (const { change } of updates) all.push({ ...all.at(-1), ...change });
  return all;
}

/** The paths of the optional inputs that do not replace, including those of a far end. */
function optionalInputs({ args }: AnyKind): string[] {
  return paths(args).filter((path) => !["adopt", "host", "owner"].includes(path));
}

function paths(schema: z.ZodObject, prefix = ""): string[] {
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, field]) => {
    const nested = objectIn(field);
    if (nested && !field.isOptional()) return paths(nested, `${prefix}${key}.`);
    const { replace } = field.meta() ?? {};
    return field.isOptional() && (!replace || replace === whenUnknown) ? [prefix + key] : [];
  });
}

function valueAt(values: Values, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Values | undefined)?.[key], values);
}

/** The inputs without some of them, and without those that need these; undefined if they cannot be left out. */
function withoutInputs(kind: AnyKind, all: Values, paths: readonly string[], owner: string): Values | undefined {
  let values = paths.reduce((rest, path) => withValue(rest, path, undefined), all);
  for (let round = 0; round < 3; round++) {
    const { failures } = check(kind, { ...values, owner });
    if (failures.length === 0) return values;
    for (const { property } of failures) values = withValue(values, property, undefined);
  }
  return undefined;
}

/** Leaves out random values, and what the kernel counts. */
function comparable(there: Values | undefined, { mac, peer }: Values): Values | undefined {
  const drawn = mac === undefined || (peer as Values | undefined)?.mac === undefined;
  return JSON.parse(
    JSON.stringify(there, (key, value) => (drawn && key === "address" && isMac(value) ? undefined : value)),
  );
}

function isMac(value: unknown): boolean {
  return typeof value === "string" && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(value);
}
