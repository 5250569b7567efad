import type { Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import type { Feature } from "./features";
import type { Fault } from "./matrix";
import { changedPaths } from "./paths";

/** The reason why a part of the contract does not apply to a kind. */
export interface None {
  readonly none: string;
}

type Action = () => Promise<unknown>;

export interface Update {
  readonly what: string;
  readonly change: Values;
  /** What `actual` must return from this update on, if that does not follow from the inputs. */
  readonly shows?: Values;
}

/** One case of a kind, which the contract proves. "By hand" means by commands that the test runs itself. */
export interface Case {
  readonly kind: AnyKind;
  /** Runs on this machine only. Over ssh each command takes long, and another case of the kind runs there. */
  readonly local?: boolean;
  /**
   * Makes all updates at once, and two drifts, and leaves out what the inputs make no difference to: a second update, a crash,
   * a rename, a removal by hand. Another case of the kind has all of it.
   */
  readonly brief?: boolean;
  /** The feature that the kernel must have. */
  readonly needs?: Feature;
  /** Makes by hand what must exist before. The world's namespaces exist already. */
  prepare?(): Promise<unknown>;
  readonly inputs: Values;
  /** Reads the object by other commands than those of the kind. Undefined: it does not exist. */
  actual(): Promise<Values | undefined>;
  /** What `actual` must return for these inputs. */
  expected(inputs: Values): Values;
  /** Updates in place, one after the other. Undefined takes an input away. */
  readonly updates: readonly Update[];
  /** By the path of an optional input: why it cannot be taken away alone. The kernel needs it together with other inputs. */
  readonly needed?: Readonly<Record<string, string>>;
  /** Another value for each input that cannot be changed in place, by its path. */
  readonly replaces: Readonly<Record<string, unknown>>;
  /** Changes by hand. `read` must show each in the input with this path, and `update` must repair it. */
  readonly drifts: readonly { readonly what: string; readonly input: string; readonly by: Action }[];
  /** Changes by hand that must not show as a difference. */
  readonly ignores: readonly { readonly what: string; readonly by: Action }[];
  /** Removes the object by hand. */
  readonly vanish: Action | None;
  /** Removes by hand what the object is in, such as its namespace. */
  readonly parent: Action | None;
  /** An object of another owner. `make` makes it as the inputs ask for, `differ` changes it, and `remove` removes it. */
  readonly foreign: { readonly make: Action; readonly differ: Action | None; readonly remove: Action } | None;
  /** The namespace that lists it for import, if that is not the input `netns`. */
  readonly importsFrom?: string;
  /** Why it is not listed for import, although it can be imported. */
  readonly unlisted?: string;
  /** Whether the kernel keeps a mark on the object, by which delete recognizes it. Default: true. */
  readonly marked?: boolean;
  /** Whether the object always exists, such as a setting. `actual` returns undefined for its original value. */
  readonly alwaysThere?: boolean;
  /** Set if the layer of faults runs this case. One or two cases of a kind have it. */
  readonly faults?: Faults;
  /** Whether a command only reads, although its words do not show that. */
  reads?(argv: readonly string[]): boolean;
}

/** What the layer of faults needs to know of a case. */
export interface Faults {
  /** The update during which the faults happen. Default: all updates of the case at once. */
  readonly update?: Update;
  /** The command that is missing in the fault "no tool". */
  readonly tool: string;
  /** Something that blocks an operation on the object. */
  readonly obstacle:
    | {
        readonly what: string;
        readonly op: "create" | "update" | "delete";
        readonly make: Action;
        /** The error of the operation. Undefined: it succeeds. */
        readonly message?: () => Promise<RegExp> | RegExp;
        readonly clear: Action;
      }
    | None;
  /** Does what a reboot does to the object, if that is not the loss of its namespace. */
  reboot?(): Promise<unknown>;
  /** Why a fault cannot happen to this kind. */
  readonly impossible?: Partial<Record<Fault, string>>;
  /** Why the object is not recognized after a crash that lost the state. This is an open point, not a pass. */
  readonly forgets?: string;
}

export function isNone(part: object): part is None {
  return "none" in part;
}

/** A case with one update and its first two drifts. The update combines all updates up to the last one that makes a difference. */
export function abridged(spec: Case): Case {
  const upTo = (count: number) =>
    Object.assign({}, ...spec.updates.slice(0, count).map((each) => each.change)) as Values;
  const differs = (count: number) => changedPaths(spec.inputs, { ...spec.inputs, ...upTo(count) }).length > 0;
  const counts = spec.updates.map((_, index) => index + 1).filter(differs);
  const count = spec.alwaysThere ? 0 : (counts.at(-1) ?? 0);
  const shows = spec.updates[count - 1]?.shows;
  const update = { what: "many at once", change: upTo(count), ...(shows && { shows }) };
  return { ...spec, updates: count > 0 ? [update] : [], drifts: spec.drifts.slice(0, 2) };
}
