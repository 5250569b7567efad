import type { Values } from "../core/check";
import { kinds } from "../kinds";
import { autonamedKey, requestedInputs } from "./native/state";
import { kindOf, nameOf, ownerOf } from "./urn";

/** A resource of this package in a state, from either provider. */
interface RecordedResource {
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  readonly id: string;
  readonly owner: string;
  /** `ssh://...`; undefined: the machine that the program ran on. */
  readonly host?: string | undefined;
  /** The namespace that the object is in; undefined: the host's own. */
  readonly netns?: string | undefined;
  readonly inputs: Values;
  readonly outputs: Values;
  /** The recorded properties, for the lifecycle. */
  readonly recorded: Values;
}

interface StateEntry {
  readonly urn: string;
  readonly id?: string;
  readonly type: string;
  readonly delete?: boolean;
  readonly provider?: string;
  readonly inputs?: Values;
  readonly outputs?: Values;
}

/** `pulumi-nodejs:localnet:Netns` of the dynamic provider, `localnet:index:Netns` of the native plugin. */
const ours = /^(?:pulumi-nodejs:localnet|localnet:index(?:\/\w+)?):\w+$/;

/** The key with which the engine marks encrypted values, and others such as assets. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secret = "[secret]";

/** This package's resources in the output of `pulumi stack export`. */
export function readDeployment(text: string): RecordedResource[] {
  const { deployment } = JSON.parse(text) as { deployment?: { resources?: StateEntry[] } };
  if (deployment === undefined) throw new SyntaxError('there is no "deployment" in it');
  const entries = deployment.resources ?? [];
  const providers = new Map(entries.map((entry) => [`${entry.urn}::${entry.id}`, entry.inputs ?? {}]));
  return entries.flatMap((entry) => {
    // After a replacement that stopped halfway, the former object still exists.
    if (!ours.test(entry.type) || entry.delete || !entry.id) return [];
    return resourceOf(entry, entry.id, providers.get(entry.provider ?? "")) ?? [];
  });
}

function resourceOf({ urn, ...entry }: StateEntry, id: string, provider: Values = {}): RecordedResource | undefined {
  const kind = kinds[kindOf(urn)];
  if (!kind) return undefined;
  const { __host: made, ...outputs } = withoutMeta(entry.outputs);
  const { host = made === undefined ? provider.host : made || undefined, ...inputs } = withoutMeta(entry.inputs);
  const owner = String(outputs.owner ?? inputs.owner ?? ownerOf(urn));
  const recorded = { owner, ...requestedInputs(kind, outputs, inputs), ...(host !== undefined && { host }) };
  return {
    type: kind.type,
    name: nameOf(urn),
    id,
    owner,
    host: text(host),
    netns: text(kind.namespace?.(recorded as never) ?? outputs.netns ?? inputs.netns),
    inputs,
    outputs,
    recorded,
  };
}

/** Properties without the SDK's own keys, and with a placeholder for each secret. */
function withoutMeta(values: Values = {}): Values {
  const { __provider: _, [autonamedKey]: __, ...rest } = values;
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, revealed(value)]));
}

function revealed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (signatureKey in value) return secret;
  if (Array.isArray(value)) return value.map(revealed);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revealed(each)]));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Is a value, or a part of it, encrypted in the state? */
export function hasSecret(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasSecret);
  return value === secret;
}
