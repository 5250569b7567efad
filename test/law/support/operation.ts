import { unknown, type Values } from "../../../provider/src/core/check";
import { dependencies, kindOf, type Program, type Resource } from "./program";
import type { Provider } from "./provider";
import { inOrder, type State, type Step } from "./state";
import { StateList } from "./state-list";

interface StepError extends Error {
  readonly id?: string;
  readonly properties?: Values;
}

class Stopped extends Error {}

/** One run of the engine: what it decides, does and records. */
export class Operation {
  over = false;
  readonly states: StateList;
  readonly steps: Step[] = [];
  readonly errors: { step: Step; message: string }[] = [];
  /** Resources that this operation deletes, or has deleted to make them again. */
  private readonly deleted = new Set<string>();
  private generation: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly provider: Provider,
    states: State[],
  ) {
    this.states = new StateList(states);
  }

  async up(program: Program): Promise<void> {
    const visited = new Set<string>();
    for (const { name, alias } of program) if (alias !== undefined) this.states.rename(alias, name);
    const registered = new Map<string, Promise<State>>();
    for (const resource of program) {
      const first = dependencies(resource).map((name) => registered.get(name));
      const done = Promise.all(first).then(() => this.register(resource, visited));
      done.catch(() => undefined);
      registered.set(resource.name, done);
    }
    await Promise.allSettled(registered.values());
    if (this.errors.length === 0) await this.deletes(visited);
  }

  /** Steps are decided one after the other, and done side by side. */
  private async register(resource: Resource, visited: Set<string>): Promise<State> {
    const decided = this.generation.then(() => this.decide(resource, visited));
    this.generation = decided.catch(() => undefined);
    return (await decided)();
  }

  private async decide(resource: Resource, visited: Set<string>): Promise<() => Promise<State>> {
    const { name, type } = resource;
    if (this.errors.length > 0 || this.over) throw new Stopped();
    const old = this.states.get(name);
    const provider = this.provider.of(type);
    const checked = await provider.check(old?.inputs ?? {}, this.states.inputsOf(resource));
    if (checked.failures.length > 0) {
      const message = checked.failures.map(({ reason }) => reason).join("; ");
      this.errors.push({ step: { op: "create", name, type }, message: `check: ${message}` });
      throw new Stopped();
    }
    visited.add(name);
    const inputs = checked.inputs;
    if (!old || this.deleted.has(name)) return () => this.create(resource, inputs);
    const { changes, replaces } = old.pendingReplacement
      ? { changes: true, replaces: ["again"] }
      : await provider.diff(old.id, old.outputs, inputs);
    if (replaces.length > 0) return this.replace(old, resource, inputs, visited, replaces);
    if (changes || old.failed) return () => this.update(old, resource, inputs);
    return async () => {
      const same = this.states.stateOf(resource, old.id, inputs, old.outputs, false);
      this.states.put(same);
      return same;
    };
  }

  /** Deletes it, and before that what depends on it and would be replaced too, then makes it anew. */
  private async replace(old: State, resource: Resource, inputs: Values, visited: Set<string>, why: string[]) {
    const condemned = await this.dependentReplacements(old, visited);
    for (const { name } of condemned) this.deleted.add(name);
    return async () => {
      for (const each of [...condemned].reverse()) await this.delete(each, true);
      if (!old.pendingReplacement) await this.delete(old, true, why.join());
      return this.create(resource, inputs);
    };
  }

  private async dependentReplacements(root: State, visited: Set<string>): Promise<State[]> {
    const set = new Set([root.name]);
    const below = new Set([root.name]);
    const result: State[] = [];
    for (const state of inOrder(this.states.all)) {
      const { name, type, id, inputs, outputs, from } = state;
      const depends = [...state.dependencies, state.deletedWith ?? ""].some((each) => below.has(each));
      if (!depends || name === root.name) continue;
      below.add(name);
      if (visited.has(name) || this.deleted.has(name) || state.pendingReplacement) continue;
      const lost = Object.keys(from).filter((key) => from[key]?.some((each) => set.has(each)));
      if (lost.length === 0) continue;
      const news = { ...inputs, ...Object.fromEntries(lost.map((key) => [key, unknown])) };
      const { replaces } = await this.provider.of(type).diff(id, outputs, news);
      if (replaces.length === 0) continue;
      set.add(name);
      result.push(state);
    }
    return result;
  }

  private async create(resource: Resource, inputs: Values): Promise<State> {
    const step: Step = { op: "create", name: resource.name, type: resource.type };
    return this.step(step, async () => {
      try {
        const { id, outs } = await this.provider.of(resource.type).create(inputs);
        return this.states.put(this.states.stateOf(resource, id, inputs, outs, false));
      } catch (error) {
        const { id, properties } = error as StepError;
        if (id !== undefined && properties)
          this.states.put(this.states.stateOf(resource, id, inputs, properties, true));
        throw error;
      }
    });
  }

  private async update(old: State, resource: Resource, inputs: Values): Promise<State> {
    const step: Step = { op: "update", name: resource.name, type: resource.type };
    return this.step(step, async () => {
      try {
        const { outs } = await this.provider.of(resource.type).update(old.id, old.outputs, inputs);
        return this.states.put(this.states.stateOf(resource, old.id, inputs, outs, false));
      } catch (error) {
        const { properties } = error as StepError;
        if (properties) this.states.put(this.states.stateOf(resource, old.id, inputs, properties, true));
        throw error;
      }
    });
  }

  private async delete(state: State, again: boolean, what?: string): Promise<void> {
    const { name, type, id, outputs, deletedWith } = state;
    await this.step({ op: again ? "replace" : "delete", name, type, ...(what !== undefined && { what }) }, async () => {
      const goes = deletedWith !== undefined && this.deleted.has(deletedWith);
      if (!goes && !state.pendingReplacement) await this.provider.of(type).delete(id, outputs);
      // What it is made anew as may be there already.
      const rest = again ? [{ ...state, pendingReplacement: true }] : [];
      this.states.change((states) => states.flatMap((each) => (each === state ? rest : [each])));
    });
  }

  /** Deletes what is not among those that the program has, those that depend on others before these. */
  async deletes(kept: ReadonlySet<string>): Promise<void> {
    let rest = this.states.all.filter(({ name }) => !kept.has(name));
    for (const { name } of rest) this.deleted.add(name);
    while (rest.length > 0 && this.errors.length === 0) {
      const needed = new Set(rest.flatMap((each) => [...each.dependencies, each.deletedWith ?? ""]));
      const next = rest.filter(({ name }) => !needed.has(name));
      await Promise.allSettled(next.map((each) => this.delete(each, false)));
      rest = rest.filter((each) => !next.includes(each));
    }
  }

  async refresh(): Promise<void> {
    const reads = this.states.all.map(async (state) => {
      const { name, type, id, outputs } = state;
      if (state.pendingReplacement) return;
      try {
        const result = await this.provider.of(type).read(id, outputs);
        if (this.over) return;
        if (!result.id) {
          this.steps.push({ op: "refresh", name, type, what: "gone" });
          return this.states.change((states) => states.filter((each) => each.name !== name));
        }
        const props = result.props ?? {};
        const keys = [...new Set([...Object.keys(outputs), ...Object.keys(props)])];
        const changed = keys.filter((key) => JSON.stringify(outputs[key]) !== JSON.stringify(props[key]));
        for (const key of changed) {
          const sort = key in kindOf(type).args.shape ? key : `output ${key}`;
          this.steps.push({
            op: "refresh",
            name,
            type,
            what: `${sort}: ${JSON.stringify(outputs[key])} -> ${JSON.stringify(props[key])}`,
          });
        }
        this.states.put({ ...state, inputs: result.inputs ?? state.inputs, outputs: props, failed: false });
      } catch (error) {
        this.errors.push({ step: { op: "refresh", name, type }, message: (error as Error).message });
      }
    });
    await Promise.all(reads);
    // What depended on something that is gone depends on it no more.
    const there = new Set(this.states.all.map(({ name }) => name));
    this.states.change((states) =>
      states.map((each) => ({ ...each, dependencies: each.dependencies.filter((name) => there.has(name)) })),
    );
  }

  private async step<T>(step: Step, body: () => Promise<T>): Promise<T> {
    if (this.errors.length > 0 || this.over) throw new Stopped();
    this.steps.push(step);
    try {
      return await body();
    } catch (error) {
      if (!(error instanceof Stopped)) this.errors.push({ step, message: (error as Error).message });
      throw error;
    }
  }
}
