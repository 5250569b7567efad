import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import { objectIn } from "../check";
import type { AnyKind, Kind } from "../kind";

/** A value, a value that comes later, or where a name or id is asked for the resource that has it. */
type Input<T> = T extends object
  ? pulumi.Input<T extends readonly (infer E)[] ? Input<E>[] : { [K in keyof T]: InputOf<K, T[K]> }>
  : pulumi.Input<T>;

/** Inputs that take a resource as well; which output of it is meant is data on the field. */
type InputOf<K, T> = Input<T> | (K extends "netns" | "master" | "service" ? pulumi.CustomResource : never);

type Given<A extends z.ZodRawShape> = Omit<z.input<z.ZodObject<A>>, "owner">;
type Named<T> = T extends { name: string } ? Omit<T, "name"> & Partial<Pick<T, "name">> : T;

/** The arguments of a kind's class: as its inputs, each possibly an Output; `name` defaults to the resource's own. */
export type ArgsOf<K> =
  K extends Kind<infer A, infer _O, infer _S>
    ? { [P in keyof Named<Given<A>>]: InputOf<P, Named<Given<A>>[P]> } & CommonArgs
    : never;

export interface CommonArgs {
  /** Where the object lives: `ssh://[user@]name[:port]`. Default: the stack configuration `localnet:host`, or else this machine. */
  host?: pulumi.Input<string> | undefined;
  /** Take over an object that exists already, if it is what is asked for. Default: false, which makes it an error. */
  adopt?: pulumi.Input<boolean> | undefined;
}

type PropertiesOf<K> =
  K extends Kind<infer A, infer O, infer _S>
    ? { readonly [P in keyof z.output<z.ZodObject<A & O>>]: pulumi.Output<z.output<z.ZodObject<A & O>>[P]> }
    : never;

export type ResourceClass<K> = new (
  name: string,
  ...rest: Record<never, never> extends ArgsOf<K>
    ? [args?: ArgsOf<K>, options?: pulumi.CustomResourceOptions]
    : [args: ArgsOf<K>, options?: pulumi.CustomResourceOptions]
) => pulumi.CustomResource & PropertiesOf<K>;

/** The class that users make resources of a kind with. */
export function resource<K extends AnyKind>(kind: K): ResourceClass<K> {
  // One text for all resources of a kind: the SDK's serialiser would put twenty times as much into each one's state.
  const provider = `exports.handler=()=>require("pulumi-localnet/provider")("${kind.type}")`;
  const type = `pulumi-nodejs:localnet:${kind.type}`;

  return class extends pulumi.CustomResource {
    constructor(name: string, args: Record<string, unknown> = {}, options: pulumi.CustomResourceOptions = {}) {
      const outputs = Object.fromEntries(Object.keys(kind.outputs.shape).map((key) => [key, undefined]));
      const inputs = references(kind.args, args);
      super(
        type,
        name,
        {
          ...outputs,
          ...("name" in kind.args.shape ? { name } : {}),
          ...defined(inputs),
          host: args.host ?? new pulumi.Config("localnet").get("host"),
          owner: owner(type, name, options.parent),
          __provider: provider,
        },
        pulumi.mergeOptions(parentOf(kind, args), options),
      );
    }
  } as unknown as ResourceClass<K>;
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
