import type { Values } from "../../core/check";
import { pick } from "../../core/compare";
import { withDefaults } from "../../core/defaults";
import type { AnyKind } from "../../core/kind";
import { kinds } from "../../kinds";
import { kindOf, nameOf, ownerOf } from "../urn";

/** Which resource a request is about. */
export interface Subject {
  readonly urn: string;
  readonly kind: AnyKind;
  readonly owner: string;
  readonly name: string;
}

export function subjectOf(request: { getUrn(): string }): Subject {
  const urn = request.getUrn();
  const kind = kinds[kindOf(urn)];
  if (!kind) throw new Error(`pulumi-localnet has no kind ${kindOf(urn)}`);
  return { urn, kind, owner: ownerOf(urn), name: nameOf(urn) };
}

/** The inputs that are kept: the mark is none of the user's. */
export function stored({ owner: _, ...values }: Values): Values {
  return values;
}

/** The recorded state; of an imported object only what was asked for, by the inputs that are recorded or by others. */
export function requestedInputs(kind: AnyKind, recorded: Values, inputs: Values, others: Values = {}): Values {
  if (!recorded.imported) return recorded;
  const args = pick(kind.args, recorded, withDefaults(kind.args, inputs), others);
  const rest = Object.entries(recorded).filter(([key]) => !(key in kind.args.shape));
  return { ...args, ...Object.fromEntries(rest) };
}
