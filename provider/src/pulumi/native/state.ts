import type { Values } from "../../core/check";
import { type Difference, pick } from "../../core/compare";
import { withDefaults } from "../../core/defaults";
import type { AnyKind } from "../../core/kind";
import type { HostSettings } from "../../host";
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

/** Where a resource's provider is recorded to have made it; "" is the machine of the engine. The CLI shows no such key. */
const hostKey = "__host";

/** Beside inputs that are recorded: their name is one that the engine proposed. */
export const autonamedKey = "__autonamed";

/** What is recorded of an object, and the settings with which it was made. */
export function recordedOn(
  settings: HostSettings,
  { [hostKey]: host, ...values }: Values,
): { readonly values: Values; readonly at: HostSettings } {
  return { values, at: typeof host === "string" ? { ...settings, host: host || undefined } : settings };
}

export function withHost(outputs: Values, { host = "" }: HostSettings): Values {
  return { ...outputs, [hostKey]: host };
}

/**
 * Is the provider on another host now? The engine would replace the provider itself before all that it made, and be without
 * it when the new host refuses one of them; so each resource says it.
 */
export function hostDifference({ host: was }: HostSettings, { host: is }: HostSettings, news: Values): Difference[] {
  if (was === is || news.host !== undefined) return [];
  return [{ path: "host", replace: true, wanted: is, seen: was }];
}
