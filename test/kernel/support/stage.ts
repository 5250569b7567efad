import { check, type Values } from "../../../provider/src/core/check";
import { abridged, type Case, isNone, type Update } from "./case";
import { Engine } from "./engine";
import { differences } from "./observing";
import type { Op } from "./strike";
import { eventually, hostUrl, type World } from "./world";

/** A case on which faults are tried: it prepares the objects before each fault, and proves the recovery after it. */
export class Stage {
  readonly engine: Engine;
  readonly update: Update | undefined;
  first: Values = {};
  second: Values = {};
  before = "";

  constructor(
    readonly world: World,
    readonly spec: Case,
  ) {
    this.engine = new Engine(spec.kind);
    this.update = spec.faults?.update ?? abridged(spec).updates[0];
  }

  /** `prepared` is false if the kernel lacks the feature that the preparation needs. */
  async build(prepared: boolean): Promise<void> {
    this.first = this.withOwner(this.spec.inputs);
    this.second = this.withOwner({ ...this.spec.inputs, ...this.update?.change });
    await this.world.build();
    if (prepared) await this.prepare();
    this.before = await this.world.settled();
  }

  async reboot(): Promise<void> {
    await this.world.rebuild();
    await this.prepare();
  }

  /** After a proof that failed, removes everything for the next one. */
  async reset(): Promise<void> {
    if (!isNone(this.spec.vanish)) await this.spec.vanish().catch(() => undefined);
    this.engine.state = undefined;
    await this.reboot();
  }

  private async prepare(): Promise<void> {
    // Duplicate address detection takes two seconds each time, and has its own tests.
    await this.world.inAll("cd /proc/sys/net/ipv6/conf; echo 0 | tee all/accept_dad default/accept_dad >&2");
    await this.spec.prepare?.();
  }

  private withOwner(values: Values): Values {
    const more = { owner: this.world.owner, ...(hostUrl && { host: hostUrl }) };
    const { inputs, failures } = check(this.spec.kind, { ...values, ...more });
    expect(failures).toEqual([]);
    return inputs;
  }

  /** The inputs that an operation gets. */
  target(op: Op): Values {
    return op === "create" || !this.update ? this.first : this.second;
  }

  /** Makes the objects that an operation starts from. */
  async arrange(op: Op): Promise<void> {
    await this.engine.destroy();
    if (op !== "create") await this.engine.up(this.first);
    if (op === "delete" && this.update) await this.engine.up(this.second);
  }

  async perform(op: Op): Promise<void> {
    return op === "delete" ? this.engine.destroy() : this.engine.up(this.target(op));
  }

  /** The object is as the inputs ask for, and a refresh shows no difference. */
  async converged(inputs: Values): Promise<void> {
    const shows = inputs === this.second ? this.update?.shows : undefined;
    expect(await this.spec.actual()).toMatchObject(shows ?? this.spec.expected(inputs));
    await this.engine.refresh();
    if (!this.engine.state) throw new Error("read does not find it");
    expect(differences(this.spec.kind, this.engine.state, inputs)).toEqual([]);
  }

  async nothingLeft(): Promise<void> {
    expect(this.engine.state).toBeUndefined();
    // Some objects disappear a moment after the command that removes them, such as the other end of a link.
    let [there, left]: [Values | undefined, string] = [undefined, ""];
    await eventually(async () => {
      [there, left] = [await this.spec.actual(), await this.world.trace()];
      return there === undefined && left === this.before;
    }).catch(() => undefined);
    expect(there).toBeUndefined();
    expect(left).toBe(this.before);
  }

  /** The next `up` succeeds, and the `destroy` after it leaves nothing. */
  async recovers(op: Op): Promise<void> {
    if (op !== "delete") {
      await this.engine.up(this.target(op));
      await this.converged(this.target(op));
    }
    await this.destroys();
  }

  async destroys(): Promise<void> {
    await this.engine.destroy();
    await this.nothingLeft();
  }
}
