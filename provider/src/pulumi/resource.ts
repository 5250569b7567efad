import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { objectIn, type Values } from "../check";
import type { AnyKind } from "../kind";
import { kinds } from "../kinds";
import { ownerOf } from "./urn";

/** What the classes of all kinds are: a resource that this package's dynamic provider manages. */
export abstract class LocalnetResource extends pulumi.CustomResource {
  protected constructor(type: string, name: string, args: object = {}, options: pulumi.CustomResourceOptions = {}) {
    const kind = kindOf(type);
    const given = args as Values;
    const token = `pulumi-nodejs:localnet:${type}`;
    super(
      token,
      name,
      {
        ...properties(kind),
        ...("name" in kind.args.shape ? { name } : {}),
        ...defined(references(kind.args, given)),
        host: given.host ?? new pulumi.Config("localnet").get("host"),
        owner: pulumi.createUrn(name, token, options.parent).apply(ownerOf),
        // One text for all resources of a kind: the SDK's serialiser would put twenty times as much into each one's state.
        __provider: `exports.handler=()=>require("pulumi-localnet/provider")("${type}")`,
      },
      pulumi.mergeOptions(parentOf(kind, given), options),
    );
  }
}

/** The class of a kind as `C` has it, but for resources that the native plugin manages: it knows the rest from their URN. */
export function native<C>(type: string): C {
  const kind = kindOf(type);
  return class extends pulumi.CustomResource {
    constructor(name: string, args: object = {}, options: pulumi.CustomResourceOptions = {}) {
      const given = args as Values;
      const values = { ...properties(kind), ...defined(references(kind.args, given)) };
      super(`localnet:index:${type}`, name, values, pulumi.mergeOptions(parentOf(kind, given), options));
    }
  } as C;
}

function kindOf(type: string): AnyKind {
  const kind = kinds[type];
  if (!kind) throw new TypeError(`there is no kind ${type}`);
  return kind;
}

/** Every property of the resource, for the SDK to fill in those that the program does not. */
function properties({ args, outputs }: AnyKind): Values {
  const keys = Object.keys({ ...args.shape, ...outputs.shape }).filter((key) => key !== "owner");
  return Object.fromEntries(keys.map((key) => [key, undefined]));
}

function defined(args: Values): Values {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}

/** Puts in place of each resource the output that the field means. */
function references(schema: z.ZodObject, args: Values): Values {
  const result = { ...args };
  for (const [key, field] of Object.entries(schema.shape as z.ZodRawShape)) {
    const value = args[key];
    const output = (field as z.ZodType).meta()?.reference;
    const nested = objectIn(field as z.ZodType);
    if (output && pulumi.Resource.isInstance(value)) result[key] = (value as unknown as Values)[output];
    else if (nested && typeof value === "object" && value !== null && !pulumi.Output.isInstance(value)) {
      result[key] = references(nested, value as Values);
    }
  }
  return result;
}

/** A resource that goes with the one it lives in needs no delete of its own. */
function parentOf(kind: AnyKind, args: Values): pulumi.CustomResourceOptions {
  const fields = Object.entries(kind.args.shape as z.ZodRawShape);
  const parent = fields.find(
    ([key, field]) => (field as z.ZodType).meta()?.parent && pulumi.Resource.isInstance(args[key]),
  );
  return parent ? { deletedWith: args[parent[0]] as pulumi.Resource } : {};
}
