import type { Values } from "../../../provider/src/check";
import type { AnyKind } from "../../../provider/src/kind";
import type { Feature } from "./features";

/** Why a part of the contract has no meaning for a kind. */
export interface None {
  readonly none: string;
}

type Deed = () => Promise<unknown>;

interface Update {
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
  look(): Promise<Values | undefined>;
  /** What `look` must show for these inputs. */
  expected(inputs: Values): Values;
  /** Changes in place, one after the other; undefined takes an input away. */
  readonly updates: readonly Update[];
  /** For each input that cannot be changed in place, by its path, another value. */
  readonly replaces: Readonly<Record<string, unknown>>;
  /** Changes by hand that read must show in the input and update must repair. */
  readonly drifts: readonly { readonly what: string; readonly input: string; readonly by: Deed }[];
  /** Changes by hand that are none of our business. */
  readonly ignores: readonly { readonly what: string; readonly by: Deed }[];
  /** Takes the object away by hand. */
  readonly vanish: Deed | None;
  /** Takes away by hand what the object lives in. */
  readonly parent: Deed | None;
  /** An object that is not ours: the same as asked for, made by hand; then changed by hand to something else; then removed. */
  readonly foreign: { readonly make: Deed; readonly differ: Deed | None; readonly remove: Deed } | None;
  /** Can the kernel keep a mark on the object, so that delete tells ours from another's? Default: true. */
  readonly marked?: boolean;
  /** Is it there before create and after delete, only otherwise? `look` then gives undefined for what it was before. */
  readonly alwaysThere?: boolean;
  /** Commands that only read although they may not look like it. */
  reads?(argv: readonly string[]): boolean;
}

export function isNone(part: object): part is None {
  return "none" in part;
}
