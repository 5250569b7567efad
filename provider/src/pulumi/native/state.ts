import type { Values } from "../../core/check";
import { type Difference, pick } from "../../core/compare";
import { withDefaults } from "../../core/defaults";
import type { AnyKind } from "../../core/kind";
import { secretKeys } from "../../core/secrets";
import type { HostSettings } from "../../host";
import { kinds } from "../../kinds";
import { kindOf, nameOf, ownerOf } from "../urn";
import { encode } from "./struct";

/** The resource of a request. */
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

/** The inputs that are recorded: without the mark, which is not the user's. */
export function stored({ owner: _, ...values }: Values): Values {
  return values;
}

/** The recorded state. For an imported object only what was asked for, by the recorded or by other inputs. */
export function requestedInputs(kind: AnyKind, recorded: Values, inputs: Values, others: Values = {}): Values {
  if (!recorded.imported) return recorded;
  const args = pick(kind.args, recorded, withDefaults(kind.args, inputs), others);
  const rest = Object.entries(recorded).filter(([key]) => !(key in kind.args.shape));
  return { ...args, ...Object.fromEntries(rest) };
}

/** Key for the host on which the object was made; "": the engine's machine. The CLI does not show such keys. */
const hostKey = "__host";

/** Key beside recorded inputs: the engine proposed their name. */
export const autonamedKey = "__autonamed";

/** The recorded properties of an object, with the settings that it was made with. */
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
 * Is the provider on another host now? If the provider reported that itself, the engine would replace it before its resources,
 * and could not remove these if the new host fails. So each resource reports it.
 */
export function hostDifference({ host: was }: HostSettings, { host: is }: HostSettings, news: Values): Difference[] {
  if (was === is || news.host !== undefined) return [];
  return [{ path: "host", replace: true, wanted: is, observed: was }];
}

/** Which observed properties may reveal a secret input, except inputs that the kind itself knows as secrets. */
export function state({ kind }: Subject, outputs: Values, secrets: ReadonlySet<string>) {
  const known = [kind.args, kind.outputs].flatMap((schema) => secretKeys(schema, outputs));
  const isOther = [...secrets].some((key) => !known.includes(key));
  const all = new Set([...secrets, ...known, ...(isOther ? Object.keys(kind.outputs.shape) : [])]);
  return encode(outputs, all);
}
