import type { Values } from "../../core/values";

/** A thing of a lab, as a state records it or as it was found on a host. */
export interface LabObject {
  readonly type: string;
  /** The resource's name in the program; of what was found on a host, its id. */
  readonly name: string;
  readonly id: string;
  /** `PROJECT/STACK/RESOURCE`; "" or undefined: nobody's that we know. */
  readonly owner?: string | undefined;
  readonly host?: string | undefined;
  readonly netns?: string | undefined;
  readonly inputs: Values;
  readonly outputs: Values;
  /** What the lifecycle takes; undefined of what was found on a host. */
  readonly recorded?: Values;
}
