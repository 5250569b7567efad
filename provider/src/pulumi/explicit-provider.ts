import * as pulumi from "@pulumi/pulumi";
import type { Values } from "../core/values";
import { settings } from "../generated/shapes";

// The settings of a set of resources, as a program makes them: both import paths have a class `Provider` of the same inputs.

/** Pulumi fixes the package of what a dynamic provider manages. */
export type Package = "localnet" | "pulumi-nodejs";

const requests = new WeakMap<object, Values>();

/** What the class `Provider` of both import paths is. */
export abstract class LocalnetProvider extends pulumi.ProviderResource {
  protected constructor(pkg: Package, name: string, args: object, options?: pulumi.ResourceOptions) {
    // The engine hands all inputs of an explicit dynamic provider on as they are, in place of the stack's configuration.
    const prefix = pkg === "localnet" ? "" : "localnet:";
    super(pkg, name, textsOf(args, prefix), options);
    requests.set(this, args as Values);
  }
}

/** The settings as Pulumi takes them: text. */
function textsOf(args: object, prefix: string): pulumi.Inputs {
  const text = (value: unknown) => (value === undefined || typeof value === "string" ? value : JSON.stringify(value));
  const entries = Object.entries(args).map(([key, value]) => [`${prefix}${key}`, pulumi.output(value).apply(text)]);
  return Object.fromEntries(entries);
}

/** What a program may say of the provider of a resource, or of a question. */
export interface ProviderOptions {
  readonly provider?: pulumi.ProviderResource | undefined;
  readonly parent?: pulumi.Resource | undefined;
}

/** The explicit provider of a resource: its own, or that of the component that it is in. */
export function ownProvider(
  subject: string,
  pkg: Package,
  { provider, parent }: ProviderOptions,
): pulumi.ProviderResource | undefined {
  const found = provider ?? parent?.getProvider(`${pkg}:index:any`) ?? parent?.getProvider("localnet:index:any");
  const other = pkg === "localnet" ? "pulumi-nodejs" : "localnet";
  if (found && (found as { __pulumiType?: unknown }).__pulumiType === `pulumi:providers:${other}`)
    throw new pulumi.RunError(`${subject}: provider: must be a Provider of the import path that the resource is of`);
  return found;
}

/** What a program asks of an explicit provider; undefined: it is none of this package. */
export function settingsOf(provider: pulumi.ProviderResource | undefined): Values | undefined {
  return provider && requests.get(provider);
}

/** A setting that neither the program nor the configuration says: that of the environment. */
export function fromEnvironment(key: string): string | undefined {
  return process.env[settings[key] ?? ""] || undefined;
}
