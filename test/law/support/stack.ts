import { Operation } from "./operation";
import type { Program } from "./program";
import type { Provider } from "./provider";
import type { Outcome, State } from "./state";

/** A stack, and what Pulumi's engine does with it: as deploy/step_generator.go and step_executor.go have it. */
export class Stack {
  private states: State[] = [];

  constructor(public provider: Provider) {}

  get names(): string[] {
    return this.states.map(({ name }) => name);
  }

  up(program: Program): Promise<Outcome> {
    return this.operation((run) => run.up(program));
  }

  destroy(): Promise<Outcome> {
    return this.operation((run) => run.deletes(new Set()));
  }

  refresh(): Promise<Outcome> {
    return this.operation((run) => run.refresh());
  }

  private async operation(body: (run: Operation) => Promise<void>): Promise<Outcome> {
    this.provider.begin();
    const operation = new Operation(this.provider, this.states);
    const died = this.provider.died.then(() => "died" as const);
    const end = await Promise.race([body(operation), died]);
    operation.over = true;
    // What goes on after the engine has gone changes no state of its.
    this.states = operation.states.all;
    const { steps, errors } = operation;
    const made = steps.filter(({ op }) => op === "create").map(({ name }) => name);
    const unrecorded = made.filter((name) =>
      this.states.every((state) => state.name !== name || state.pendingReplacement),
    );
    return { steps, errors, killed: end === "died", unrecorded };
  }
}
