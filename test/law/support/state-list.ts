import type { Values } from "../../../provider/src/core/check";
import { ownerOf } from "./generate";
import { dependencies, isBusyInUse, kindOf, parentOf, type Resource, refsIn, resolved } from "./program";
import type { State } from "./state";

/** The states of a stack's resources, as an operation of the engine reads and changes them. */
export class StateList {
  constructor(public all: State[]) {}

  get(name: string): State | undefined {
    return this.all.find((each) => each.name === name);
  }

  inputsOf({ name, type, inputs }: Resource): Values {
    const named = "name" in kindOf(type).args.shape ? { name, ...inputs } : inputs;
    const output = (ref: string, key: string) => {
      const state = this.get(ref);
      return key === "id" ? state?.id : state?.outputs[key];
    };
    return { ...resolved(type, named, output), owner: ownerOf(name) };
  }

  stateOf(resource: Resource, id: string, inputs: Values, outputs: Values, failed: boolean): State {
    const from = Object.entries(resource.inputs).map(([key, value]) => [key, refsIn(value)] as const);
    return {
      ...{ name: resource.name, type: resource.type, id, inputs, outputs, failed, pendingReplacement: false },
      dependencies: dependencies(resource),
      from: Object.fromEntries(from),
      deletedWith: this.goesWith(resource),
    };
  }

  /** The resource that one goes with, as the classes tell the engine: what it uses may have a delete of its own. */
  private goesWith(resource: Resource): string | undefined {
    const parent = parentOf(resource);
    const uses = refsIn(resource.inputs).flatMap((name) => this.get(name) ?? []);
    const isFirst = uses.some(
      ({ name, type, deletedWith }) => name !== parent && isBusyInUse(type) && deletedWith !== parent,
    );
    return isFirst ? undefined : parent;
  }

  put(state: State): State {
    this.change((states) =>
      states.some(({ name }) => name === state.name)
        ? states.map((each) => (each.name === state.name ? state : each))
        : [...states, state],
    );
    return state;
  }

  change(change: (states: State[]) => State[]): void {
    this.all = change(this.all);
  }

  rename(was: string, is: string): void {
    if (!this.get(was) || this.get(is)) return;
    const name = (each: string) => (each === was ? is : each);
    this.all = this.all.map((state) => ({
      ...state,
      name: name(state.name),
      dependencies: state.dependencies.map(name),
      from: Object.fromEntries(Object.entries(state.from).map(([key, names]) => [key, names.map(name)])),
      deletedWith: state.deletedWith === undefined ? undefined : name(state.deletedWith),
    }));
  }
}
