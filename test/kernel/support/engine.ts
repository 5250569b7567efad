import type { Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import { create, PartialError, read, remove, update } from "../../../provider/src/core/lifecycle";
import { settings } from "./world";

/** One resource as Pulumi's engine handles it, with its state. */
export class Engine {
  id = "";
  /** The outputs in the state; undefined: the state has no such resource. */
  state: Values | undefined;

  constructor(readonly kind: AnyKind) {}

  /** Creates a resource that is not in the state, and updates one that is. After a partial failure the state has the real properties. */
  async up(inputs: Values): Promise<void> {
    try {
      if (this.state) this.state = await update(this.kind, this.id, this.state, inputs, settings);
      else ({ id: this.id, outputs: this.state } = await create(this.kind, inputs, settings));
    } catch (error) {
      if (error instanceof PartialError) [this.id, this.state] = [error.id, error.properties];
      throw error;
    }
  }

  async refresh(): Promise<void> {
    if (!this.state) return;
    this.state = (await read(this.kind, this.id, this.state, settings))?.outputs;
  }

  async destroy(): Promise<void> {
    if (!this.state) return;
    await remove(this.kind, this.id, this.state, settings);
    this.state = undefined;
  }

  /** The arguments that the operation would get now, for a provider in a separate process. */
  get call(): { readonly type: string; readonly id: string; readonly state: Values | undefined } {
    return { type: this.kind.type, id: this.id, state: this.state };
  }
}
