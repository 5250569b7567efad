import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { objectIn } from "../check";
import type { AnyKind } from "../kind";
import { kinds } from "../kinds";

/** What the classes of all kinds are: a resource that this package's dynamic provider manages. */
export abstract class LocalnetResource extends pulumi.CustomResource {
  protected constructor(type: string, name: string, args: object = {}, options: pulumi.CustomResourceOptions = {}) {
    const kind = kinds[type];
    if (!kind) throw new TypeError(`there is no kind ${type}`);
    const given = args as Record<string, unknown>;
    const outputs = Object.fromEntries(Object.keys(kind.outputs.shape).map((key) => [key, undefined]));
    const token = `pulumi-nodejs:localnet:${type}`;
    super(
      token,
      name,
      {
        ...outputs,
        ...("name" in kind.args.shape ? { name } : {}),
        ...defined(references(kind.args, given)),
        host: given.host ?? new pulumi.Config("localnet").get("host"),
        owner: owner(token, name, options.parent),
        // One text for all resources of a kind: the SDK's serialiser would put twenty times as much into each one's state.
        __provider: `exports.handler=()=>require("pulumi-localnet/provider")("${type}")`,
      },
      pulumi.mergeOptions(parentOf(kind, given), options),
    );
  }
}

function defined(args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}

/** Puts in place of each resource the output that the field means. */
function references(schema: z.ZodObject, args: Record<string, unknown>): Record<string, unknown> {
  const result = { ...args };
  for (const [key, field] of Object.entries(schema.shape as z.ZodRawShape)) {
    const value = args[key];
    const output = (field as z.ZodType).meta()?.reference;
    const nested = objectIn(field as z.ZodType);
    if (output && pulumi.Resource.isInstance(value))
      result[key] = (value as unknown as Record<string, unknown>)[output];
    else if (nested && typeof value === "object" && value !== null && !pulumi.Output.isInstance(value)) {
      result[key] = references(nested, value as Record<string, unknown>);
    }
  }
  return result;
}

/** A resource that goes with the one it lives in needs no delete of its own. */
function parentOf(kind: AnyKind, args: Record<string, unknown>): pulumi.CustomResourceOptions {
  const fields = Object.entries(kind.args.shape as z.ZodRawShape);
  const parent = fields.find(
    ([key, field]) => (field as z.ZodType).meta()?.parent && pulumi.Resource.isInstance(args[key]),
  );
  return parent ? { deletedWith: args[parent[0]] as pulumi.Resource } : {};
}

/** The mark that names project, stack and resource; the parents' types are left out where there are none. */
function owner(type: string, name: string, parent: pulumi.Resource | undefined): pulumi.Output<string> {
  return pulumi.createUrn(name, type, parent).apply((urn) => {
    const [stack, project, types = "", ...names] = urn.replace("urn:pulumi:", "").split("::");
    const path = types
      .split("$")
      .slice(0, -1)
      .filter((each) => each !== "pulumi:pulumi:Stack");
    return [project, stack, ...path, names.join("::")].join("/");
  });
}
