import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Values } from "../../core/check";
import { shapes } from "../../generated/shapes";
import { defaultName, shortened } from "../names";
import { autonamedKey, type Subject } from "./state";
import { decode } from "./struct";

const { PROPOSE, DISABLE } = rpc.CheckRequest.AutonamingOptions.Mode;

/** What is recorded beside these inputs. */
export function marksOf(inputs: Struct | undefined): Values {
  return inputs?.getFieldsMap().has(autonamedKey) ? { [autonamedKey]: true } : {};
}

/**
 * The inputs with a name, where the program gives none: as `pulumi:autonaming` has it, or else that of the resource. One that
 * was proposed stays, as with other providers: a pattern may have parts that are drawn by lot.
 */
export function withName(
  request: rpc.CheckRequest,
  { kind, name }: Subject,
  values: Values,
  prefix: string | undefined,
): { readonly named: Values; readonly marks: Values } {
  if (!("name" in kind.args.shape) || values.name != null) return { named: values, marks: {} };
  const plain = (own: string | undefined) => ({ named: { ...values, name: own }, marks: {} });
  const autonamed = (own: unknown) => ({ named: { ...values, name: own }, marks: { [autonamedKey]: true } });
  const longest = shapes[kind.type]?.longestName;
  const [olds, asked] = [request.getOlds(), request.getAutonaming()];
  if (longest === undefined) return plain(name);
  if (autonamedKey in marksOf(olds)) return autonamed(decode(olds).values.name);
  if (!asked) return plain(defaultName(longest, name, prefix));
  const [mode, proposed] = [asked.getMode(), asked.getProposedName()];
  // Then it is an input that is required.
  if (mode === DISABLE) return plain(undefined);
  return autonamed(mode === PROPOSE ? shortened(`${prefix ?? ""}${proposed}`, longest) : proposed);
}
