import type { Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import type { Feature } from "./features";
import type { Fault } from "./matrix";
import { changedPaths } from "./paths";

/** Why a part of the contract has no meaning for a kind. */
export interface None {
  readonly none: string;
}

type Deed = () => Promise<unknown>;

export interface Update {
  readonly what: string;
  readonly change: Values;
  /** What `look` must show from here on, where that cannot be told from the inputs. */
  readonly shows?: Values;
}

/** What the contract is to prove of one kind; "by hand" means by commands that the test runs itself. */
export interface Case {
  readonly kind: AnyKind;
  /** A variant that is proved on this machine alone: over ssh each command takes its time, and another case goes there. */
  readonly local?: boolean;
  /** All updates at once, and two drifts: for a variant of a case that has them one by one. */
  readonly brief?: boolean;
  /** What the kernel must be able to do. */
  readonly needs?: Feature;
  /** Makes by hand what must be there first; the world's namespaces are. */
  prepare?(): Promise<unknown>;
  readonly inputs: Values;
  /** What the kernel has, seen by other commands than the kind's own; undefined: nothing. */
  actual(): Promise<Values | undefined>;
  /** What `look` must show for these inputs. */
  expected(inputs: Values): Values;
  /** Changes in place, one after the other; undefined takes an input away. */
  readonly updates: readonly Update[];
  /** Why an optional input cannot be taken away alone, by its path: the kernel needs it beside others that are given. */
  readonly needed?: Readonly<Record<string, string>>;
  /** For each input that cannot be changed in place, by its path, another value. */
  readonly replaces: Readonly<Record<string, unknown>>;
  /** Changes by hand that read must show in the input, a path, and update must repair. */
  readonly drifts: readonly { readonly what: string; readonly input: string; readonly by: Deed }[];
  /** Changes by hand that are none of our business. */
  readonly ignores: readonly { readonly what: string; readonly by: Deed }[];
  /** Takes the object away by hand. */
  readonly vanish: Deed | None;
  /** Takes away by hand what the object lives in. */
  readonly parent: Deed | None;
  /** An object that is not ours: the same as asked for, made by hand; then changed by hand to something else; then removed. */
  readonly foreign: { readonly make: Deed; readonly differ: Deed | None; readonly remove: Deed } | None;
  /** The namespace in whose list of what may be imported it is, where that is not the input `netns`. */
  readonly importsFrom?: string;
  /** Why it can be imported, but is in no such list. */
  readonly unlisted?: string;
  /** Can the kernel keep a mark on the object, so that delete tells ours from another's? Default: true. */
  readonly marked?: boolean;
  /** Is it there before create and after delete, only otherwise? `look` then gives undefined for what it was before. */
  readonly alwaysThere?: boolean;
  /** Faults are tried on this case; one or two of a kind have it. */
  readonly faults?: Faults;
  /** Commands that only read although they may not look like it. */
  reads?(argv: readonly string[]): boolean;
}

/** What the faults need to know of a case beyond what the contract does. */
export interface Faults {
  /** The update that they hit. Default: all updates of the case at once. */
  readonly update?: Update;
  /** The command whose absence is tried. */
  readonly tool: string;
  /** Something that holds the object, or what it needs. */
  readonly obstacle:
    | {
        readonly what: string;
        readonly op: "create" | "update" | "delete";
        readonly make: Deed;
        /** What the operation says; undefined: it gets through all the same. */
        readonly message?: () => Promise<RegExp> | RegExp;
        readonly clear: Deed;
      }
    | None;
  /** What a reboot does to it, where that is not to begin with new namespaces. */
  reboot?(): Promise<unknown>;
  /** Why a fault cannot happen to this kind. */
  readonly impossible?: Partial<Record<Fault, string>>;
  /** Why it is not known to be ours after a crash that lost the state: an open point, and not a pass. */
  readonly forgets?: string;
}

export function isNone(part: object): part is None {
  return "none" in part;
}

/** A case with its updates in one, all or as many as end otherwise than it begins, and its first drifts. */
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
