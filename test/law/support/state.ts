import type { Values } from "../../../provider/src/core/check";

/** What Pulumi's engine keeps of a resource. */
export interface State {
  readonly name: string;
  readonly type: string;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  readonly dependencies: readonly string[];
  /** By input, the resources that it came from. */
  readonly from: Readonly<Record<string, readonly string[]>>;
  readonly deletedWith: string | undefined;
  readonly failed: boolean;
  /** It is deleted already, and to be made again. */
  readonly pendingReplacement: boolean;
}

export interface Step {
  readonly op: "create" | "update" | "delete" | "replace" | "refresh";
  readonly name: string;
  readonly type: string;
  readonly what?: string;
}

/** What an operation came to: its steps, and the errors of those that failed. */
export interface Outcome {
  readonly steps: readonly Step[];
  readonly errors: readonly { readonly step: Step; readonly message: string }[];
  readonly killed: boolean;
  /** What may have been made, and the state does not know of it. */
  readonly unrecorded: readonly string[];
}

/** Each after those that it depends on. */
export function inOrder(states: readonly State[]): State[] {
  const result: State[] = [];
  const add = (state: State) => {
    if (result.includes(state)) return;
    for (const name of [...state.dependencies, state.deletedWith]) {
      const other = states.find((each) => each.name === name);
      if (other && other !== state) add(other);
    }
    result.push(state);
  };
  states.forEach(add);
  return result;
}
