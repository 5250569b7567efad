import * as pulumi from "@pulumi/pulumi";
import type { Values } from "../core/values";
import { fromEnvironment } from "./environment";

// Providers that a program makes: both import paths have a class `Provider` with the same inputs.

/** Pulumi fixes the package of what a dynamic provider manages. */
export type Package = "localnet" | "pulumi-nodejs";

const requests = new WeakMap<object, Values>();

/** The class `Provider` of both import paths. */
export abstract class LocalnetProvider extends pulumi.ProviderResource {
  protected constructor(pkg: Package, name: string, args: object, options?: pulumi.ResourceOptions) {
    // The engine passes all inputs of an explicit dynamic provider on unchanged, in place of the stack's configuration.
    const prefix = pkg === "localnet" ? "" : "localnet:";
    super(pkg, name, textsOf(args, prefix), options);
    requests.set(this, args as Values);
  }

  /** The address by which other hosts reach it: the input, or else the address that ssh connects to. */
  get address(): pulumi.Output<string> {
    const { address, host, sshConfig } = Object.fromEntries(
      ["address", "host", "sshConfig"].map((key) => [key, requests.get(this)?.[key] ?? fromEnvironment(key)]),
    ) as Record<string, pulumi.Input<string | undefined>>;
    return pulumi.all([address, host, sshConfig]).apply((values) => addressIn(...values));
  }

  /** Replaces the property that the SDK sets for the input, which does not know the address that ssh connects to. */
  set address(_value: unknown) {}
}

async function addressIn(address?: string, host?: string, sshConfig?: string): Promise<string> {
  if (address !== undefined) return address;
  const rule = "address: must be given to the Provider: ";
  if (host === undefined) throw new pulumi.RunError(`${rule}this machine is reached without ssh`);
  // Loaded only when needed.
  const { addressOf } = require("../host/ssh-options") as typeof import("../host/ssh-options");
  const hostAddress = await addressOf(host, sshConfig).catch((error: Error) => {
    throw new pulumi.RunError(`${rule}${host} has none that this machine knows: ${error.message}`);
  });
  if (!/^(127\.|::1$)/.test(hostAddress)) return hostAddress;
  throw new pulumi.RunError(`${rule}ssh reaches ${host} by ${hostAddress}, and no other host does`);
}

/** The settings as text, which Pulumi requires. */
function textsOf(args: object, prefix: string): pulumi.Inputs {
  const text = (value: unknown) => (value === undefined || typeof value === "string" ? value : JSON.stringify(value));
  const entries = Object.entries(args).map(([key, value]) => [`${prefix}${key}`, pulumi.output(value).apply(text)]);
  return Object.fromEntries(entries);
}

/** The options that name the provider of a resource or of a function call. */
export interface ProviderOptions {
  readonly provider?: pulumi.ProviderResource | undefined;
  readonly parent?: pulumi.Resource | undefined;
}

/** The explicit provider of a resource: its own, or that of the component that it is in. */
export function explicitProviderOf(
  subject: string,
  pkg: Package,
  { provider, parent }: ProviderOptions,
): pulumi.ProviderResource | undefined {
  const chosenProvider =
    provider ?? parent?.getProvider(`${pkg}:index:any`) ?? parent?.getProvider("localnet:index:any");
  const other = pkg === "localnet" ? "pulumi-nodejs" : "localnet";
  if (chosenProvider && (chosenProvider as { __pulumiType?: unknown }).__pulumiType === `pulumi:providers:${other}`)
    throw new pulumi.RunError(`${subject}: provider: must be a Provider of the import path that the resource is of`);
  return chosenProvider;
}

/** The settings of an explicit provider; undefined: it is not one of this package. */
export function settingsOf(provider: pulumi.ProviderResource | undefined): Values | undefined {
  return provider && requests.get(provider);
}
