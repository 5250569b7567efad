import type { Values } from "../../core/values";

/** An object of a lab, recorded in a state or found on a host. */
export interface LabObject {
  readonly type: string;
  /** The resource's name in the program; if it was found on a host, its id. */
  readonly name: string;
  readonly id: string;
  /** `PROJECT/STACK/RESOURCE`; "" or undefined: unknown. */
  readonly owner?: string | undefined;
  readonly host?: string | undefined;
  readonly netns?: string | undefined;
  readonly inputs: Values;
  readonly outputs: Values;
  /** The recorded properties for the lifecycle; undefined: it was found on a host. */
  readonly recorded?: Values;
}
