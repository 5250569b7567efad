import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Values } from "../../core/check";
import { shapes } from "../../generated/shapes";
import { defaultName, shortened } from "../names";
import { autonamedKey, type Subject } from "./state";
import { decode } from "./struct";

const { PROPOSE, DISABLE } = rpc.CheckRequest.AutonamingOptions.Mode;

/** What the state keeps beside these inputs. */
export function marksOf(inputs: Struct | undefined): Values {
  return inputs?.getFieldsMap().has(autonamedKey) ? { [autonamedKey]: true } : {};
}

/**
 * Adds a name to the inputs if the program gives none: the one that `pulumi:autonaming` proposes, or else the resource's. A
 * name that was proposed before is kept, as in other providers, because a pattern may have random parts.
 */
export function withName(
  request: rpc.CheckRequest,
  { kind, name }: Subject,
  values: Values,
  prefix: string | undefined,
): { readonly named: Values; readonly marks: Values } {
  if (!("name" in kind.args.shape) || values.name != null) return { named: values, marks: {} };
  const withGivenName = (given: string | undefined) => ({ named: { ...values, name: given }, marks: {} });
  const withProposedName = (proposed: unknown) => ({
    named: { ...values, name: proposed },
    marks: { [autonamedKey]: true },
  });
  const longest = shapes[kind.type]?.longestName;
  const [olds, autonaming] = [request.getOlds(), request.getAutonaming()];
  if (longest === undefined) return withGivenName(name);
  if (autonamedKey in marksOf(olds)) return withProposedName(decode(olds).values.name);
  if (!autonaming) return withGivenName(defaultName(longest, name, prefix));
  const [mode, proposed] = [autonaming.getMode(), autonaming.getProposedName()];
  // Then the input is required.
  if (mode === DISABLE) return withGivenName(undefined);
  return withProposedName(mode === PROPOSE ? shortened(`${prefix ?? ""}${proposed}`, longest) : proposed);
}
