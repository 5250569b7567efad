import { type Case, isNone } from "./case";
import { crashes, isRest } from "./crashes";
import { lack } from "./features";
import { faults as columns, type Fault, note } from "./matrix";
import { Stage } from "./stage";
import { inPlaceOf, toolless, unprivileged } from "./strike";
import { hostUrl, type World } from "./world";

/** Proves on a real kernel that a kind recovers from faults: after each, the next `up` converges, or `destroy` leaves nothing. */
export function faultsOf(title: string, world: World, spec: Case): void {
  const { kind, faults } = spec;
  // Over ssh, only kinds that this machine's kernel lacks are tested.
  if (!faults || (hostUrl && spec.needs === undefined)) return;
  jest.setTimeout(300_000);
  const lacking = lack(spec.needs);
  const stage = new Stage(world, spec);
  const { engine } = stage;

  describe(`${kind.type}: ${title}`, () => {
    beforeAll(() => stage.build(!lacking));
    afterAll(async () => {
      await engine.destroy().catch(() => undefined);
      expect(await world.cleanUp()).toEqual([]);
    });

    if (lacking) {
      test("no kernel module: the error of create says so, and nothing is made", async () => {
        await expect(engine.up(stage.first)).rejects.toThrow(/\[LN_(KERNEL|TOOL)\]/);
        expect(engine.state).toBeUndefined();
        expect(await world.settled(stage.before)).toBe(stage.before);
      });
      return;
    }

    const proof = (name: string, body: () => Promise<void>) => {
      // These faults have no points.
      if (isRest) return;
      test(name, () =>
        body().catch(async (error) => {
          await stage.reset();
          throw error;
        }),
      );
    };

    if (!isNone(spec.vanish)) {
      const { vanish } = spec;
      proof("removed, then refresh: the state has it no more, and up makes it again", async () => {
        await engine.up(stage.first);
        await vanish();
        await engine.refresh();
        expect(engine.state).toBeUndefined();
        expect(await spec.actual()).toBeUndefined();
        await stage.recovers("create");
      });
      proof("removed, then destroy: destroy succeeds", async () => {
        await engine.up(stage.first);
        await vanish();
        await stage.destroys();
      });
    }

    if (!isNone(spec.foreign)) {
      const { make, remove } = spec.foreign;
      proof("foreign object: create refuses it and does not change it", async () => {
        await make();
        const theirs = await world.settled();
        await expect(engine.up(stage.first)).rejects.toThrow("[LN_EXISTS]");
        expect(engine.state).toBeUndefined();
        expect(await world.settled(theirs)).toBe(theirs);
        await remove();
        await stage.recovers("create");
      });
    }

    if (!isNone(faults.obstacle)) {
      const { what, op, make, message: says, clear } = faults.obstacle;
      proof(`held or busy: ${what}`, async () => {
        await stage.arrange(op);
        await make();
        // Made before the operation, since its commands would be counted.
        const message = await says?.();
        if (message) await expect(stage.perform(op)).rejects.toThrow(message);
        else await stage.perform(op);
        await clear();
        await stage.recovers(op);
      });
    }

    if (!faults.impossible?.["no permission"]) {
      proof("no permission: the error of every operation says so, and nothing is changed", async () => {
        for (const op of ["create", "update", "delete"] as const) {
          if (op === "update" && !stage.update) continue;
          await stage.arrange(op);
          const was = await world.settled();
          const { error } = await inPlaceOf(unprivileged(), () => stage.perform(op));
          expect(error?.message).toMatch(/not permitted|permission denied/i);
          expect(await world.settled(was)).toBe(was);
          await stage.recovers(op);
        }
      });
    }

    proof(`no tool: without ${faults.tool} the error of create says so, and nothing is made`, async () => {
      await expect(toolless(faults.tool, kind.type, stage.first)).rejects.toThrow("[LN_TOOL]");
      await stage.nothingLeft();
    });

    if (!faults.impossible?.reboot) {
      proof("reboot: refresh does not find it, and up makes it again", async () => {
        await engine.up(stage.first);
        if (engine.state?.bootId) engine.state.bootId = "another";
        await (faults.reboot?.() ?? stage.reboot());
        await engine.refresh();
        expect(await spec.actual()).toBeUndefined();
        if (!spec.alwaysThere) expect(engine.state).toBeUndefined();
        await stage.recovers("create");
      });
    }

    crashes(stage);
  });

  const lacks = spec.needs && !lacking ? { "no kernel module": "this kernel has it" } : {};
  const parts: Partial<Record<Fault, object | undefined>> = {
    "removed, then refresh": spec.vanish,
    "removed, then destroy": spec.vanish,
    "foreign object": spec.foreign,
    "held or busy": faults.obstacle,
  };
  const reasons = Object.entries(parts).flatMap(([fault, part]) => (part && isNone(part) ? [[fault, part.none]] : []));
  note({ kind: kind.type, faults: columns });
  for (const [fault, why] of Object.entries({ ...Object.fromEntries(reasons), ...lacks, ...faults.impossible })) {
    note({ kind: kind.type, fault: fault as Fault, cell: "impossible", why: why as string });
  }
}
