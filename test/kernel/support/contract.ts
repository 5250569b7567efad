import { check, type Values } from "../../../provider/src/core/check";
import { diff } from "../../../provider/src/core/diff";
import { create, PartialError, read, remove, update } from "../../../provider/src/core/lifecycle";
import { groupOf } from "../../../provider/src/core/mark";
import type { LocalnetError } from "../../../provider/src/errors";
import { requestedInputs as recordedOf } from "../../../provider/src/pulumi/native/state";
import { abridged, type Case, isNone } from "./case";
import { editedInputs } from "./edited";
import { faultsOf } from "./faults";
import { lack } from "./features";
import { elsewhere, imported } from "./imported";
import { tried } from "./inputs";
import { changesOf, differences } from "./observing";
import { changedPaths, withValue } from "./paths";
import { hostUrl, settings, World } from "./world";

/** Whether this is the layer of faults, which runs the same cases with faults. */
const underFaults = "localnetFaults" in globalThis;

/** Declares tests that go beyond the contract. The layer of faults leaves them out. */
export const beyond: (title: string, body: () => void) => void = underFaults ? () => undefined : describe;

/** Proves on a real kernel what every kind has to do. The names of the tests say what that is. */
export function contract(title: string, make: (world: World) => Case): void {
  const world = new World();
  const whole = make(world);
  if (underFaults) {
    faultsOf(title, world, whole);
    return;
  }
  const isBrief = whole.brief || process.env.LOCALNET_TEST_BRIEF !== undefined;
  // Over ssh each step takes long. There, only kinds that this machine's kernel lacks make each step.
  const spec = isBrief || (hostUrl && whole.needs === undefined) ? abridged(whole) : whole;
  const { kind } = spec;
  const reason = lack(spec.needs);
  const suite = reason ? describe.skip : describe;
  tried(kind, whole);
  if (spec.local && hostUrl) return;

  suite(`${kind.type}: ${title}${reason ? ` (${reason})` : ""}`, () => {
    const adopting = () => checkedInputs({ ...spec.inputs, adopt: true });
    let inputs: Values = {};
    let id = "";
    let state: Values = {};
    let shows: Values | undefined;

    beforeAll(async () => {
      await world.build();
      await spec.prepare?.();
      inputs = checkedInputs(spec.inputs);
    });
    afterAll(async () => {
      await remove(kind, id, state, settings).catch(() => undefined);
      expect(await world.cleanUp()).toEqual([]);
    });

    function checkedInputs(values: Values): Values {
      const { inputs: checked, failures } = check(kind, {
        ...values,
        owner: world.owner,
        ...(hostUrl && { host: hostUrl }),
      });
      expect(failures).toEqual([]);
      return checked;
    }
    async function createAll(values: Values): Promise<void> {
      ({ id, outputs: state } = await create(kind, values, settings));
      expect(await spec.actual()).toMatchObject(shows ?? spec.expected(values));
    }
    async function updateTo(values: Values, olds: Values): Promise<void> {
      state = await update(kind, id, olds, values, settings);
      expect(await spec.actual()).toMatchObject(shows ?? spec.expected(values));
    }
    async function refreshed(): Promise<Values> {
      const refreshed = await read(kind, id, state, settings);
      if (!refreshed) throw new Error("read does not find it");
      return refreshed.outputs;
    }
    async function unchanged(): Promise<void> {
      expect(differences(kind, await refreshed(), inputs)).toEqual([]);
    }

    test("before create there is no object, and read returns nothing", async () => {
      expect(await spec.actual()).toBeUndefined();
      if (!spec.alwaysThere) expect(await read(kind, kind.id(inputs), inputs, settings)).toBeUndefined();
    });

    test("create makes what the inputs ask for, and read then shows no difference", async () => {
      await createAll(inputs);
      await unchanged();
    });

    if (!isBrief) {
      test("a second update with the same inputs changes nothing", async () => {
        expect(await changesOf(spec, () => updateTo(inputs, state))).toEqual([]);
      });
    }

    if (!spec.alwaysThere && !isBrief) {
      test("create after a crash that lost the state takes the object that has our mark", async () => {
        await createAll(inputs);
        await unchanged();
      });
    }

    for (const { what, change, shows: after } of spec.updates) {
      test(`update in place: ${what}`, async () => {
        inputs = checkedInputs({ ...inputs, ...change });
        shows = after ?? shows;
        expect(diff(kind, state, inputs)).toEqual({ changes: true, replaces: [] });
        await updateTo(inputs, state);
        await unchanged();
      });
    }
    if (spec.updates.length > 0) {
      test("after all updates, an update with the same inputs changes nothing", async () => {
        expect(await changesOf(spec, () => updateTo(inputs, state))).toEqual([]);
      });
    }

    for (const { what, input, by } of spec.drifts) {
      test(`read shows a change by hand, and update repairs it: ${what}`, async () => {
        await by();
        const current = await refreshed();
        expect(changedPaths(current, inputs)).toContain(input);
        // The next refresh must work with the state that this one records.
        expect((await read(kind, id, current, settings))?.outputs).toEqual(current);
        expect(diff(kind, current, inputs)).toEqual({ changes: true, replaces: [] });
        await updateTo(inputs, current);
      });
    }

    if (!isBrief) {
      test("after a rename of the resource or the stack, update takes the object with the former mark, and marks it anew", async () => {
        const renamed = { ...inputs, owner: `${world.owner}/renamed` };
        const former = state;
        state = await update(kind, id, former, renamed, settings);
        expect((await read(kind, id, state, settings))?.outputs).toEqual(state);
        const renamedThere = await spec.actual();
        if (renamedThere?.netdev_group !== undefined)
          expect(renamedThere.netdev_group).toBe(String(groupOf(renamed.owner)));
        const stillFormer = await read(kind, id, former, settings);
        if (!spec.alwaysThere && spec.marked !== false) expect(stillFormer).toBeUndefined();
        await updateTo(inputs, state);
      });
    }

    for (const { what, by } of spec.ignores) {
      test(`read shows no difference after: ${what}`, async () => {
        await by();
        await unchanged();
      });
    }

    for (const [path, value] of Object.entries(spec.replaces)) {
      test(`a change of ${path} replaces the resource`, () => {
        const { replaces } = diff(kind, state, withValue(inputs, path, value));
        expect(replaces.some((key) => `${path}.`.startsWith(`${key}.`) || key.startsWith(`${path}.`))).toBe(true);
      });
    }

    if (!isNone(spec.vanish) && !isBrief) {
      const { vanish } = spec;
      test("after a removal by hand, read finds nothing, and update makes the object again", async () => {
        await vanish();
        const before = await world.settled();
        expect(await read(kind, id, state, settings)).toBeUndefined();
        // Reading changes nothing: what the object left behind stays until a delete.
        expect(await world.settled(before)).toBe(before);
        await updateTo(inputs, state);
      });
    }

    test("delete removes the object, and a second delete succeeds", async () => {
      shows = undefined;
      await remove(kind, id, state, settings);
      expect(await spec.actual()).toBeUndefined();
      await remove(kind, id, state, settings);
    });

    if (!spec.alwaysThere) editedInputs(spec, world, checkedInputs);

    if (!isNone(spec.foreign)) {
      const { make, differ, remove: away } = spec.foreign;
      test("create and delete do not touch an object of another owner", async () => {
        await make();
        const before = await spec.actual();
        expect(await failure(() => create(kind, checkedInputs(spec.inputs), settings))).toMatchObject({
          code: "LN_EXISTS",
        });
        if (spec.marked !== false) await remove(kind, id, state, settings);
        expect(await spec.actual()).toEqual(before);
      });

      test("with adopt, create takes an object of another owner that is as the inputs ask for", async () => {
        await createAll(adopting());
        inputs = adopting();
        await unchanged();
        await remove(kind, id, state, settings);
        expect(await spec.actual()).toBeUndefined();
      });

      test("import lists an object of another owner, finds it by its id, and changes nothing; delete then removes it", async () => {
        await make();
        const before = await spec.actual();
        const wanted = { ...checkedInputs(spec.inputs), host: undefined };
        const importedResource = await imported(spec, kind.id(wanted), world.owner);
        expect(await spec.actual()).toEqual(before);
        const recorded = recordedOf(kind, importedResource.outputs, importedResource.inputs, wanted);
        expect(diff(kind, recorded, wanted)).toEqual({ changes: false, replaces: [] });
        await remove(kind, importedResource.id, importedResource.outputs, elsewhere);
        expect(await spec.actual()).toBeUndefined();
      });

      if (!isNone(differ)) {
        test("with adopt, create refuses an object of another owner that differs from the inputs", async () => {
          await make();
          await differ();
          const before = await spec.actual();
          expect(await failure(() => create(kind, adopting(), settings))).toMatchObject({ code: "LN_ADOPT" });
          expect(await spec.actual()).toEqual(before);
          await away();
        });
      }
    }

    if (!isNone(spec.parent)) {
      const { parent } = spec;
      test("after the removal of what the object is in, read finds nothing, and delete succeeds", async () => {
        await createAll(checkedInputs(spec.inputs));
        await parent();
        expect(await read(kind, id, state, settings)).toBeUndefined();
        await remove(kind, id, state, settings);
      });
    }
  });
}

/** The error with which a body must fail. Of a partial error, its cause. */
export async function failure(body: () => Promise<unknown>): Promise<LocalnetError> {
  try {
    await body();
  } catch (error) {
    return (error instanceof PartialError ? error.cause : error) as LocalnetError;
  }
  throw new Error("it succeeded, but should have failed");
}
