import * as pulumi from "@pulumi/pulumi";
import type { Values } from "../core/values";
import { functionReferences } from "../generated/shapes";
import { settingsOf } from "./explicit-provider";
import { placeOf } from "./inherited-host";
import { resolved } from "./references";

/** A function of the dynamic provider: it runs in the program's own process. */
export function invoke<R>(name: string, args: object = {}, options?: pulumi.InvokeOptions): Promise<R> {
  const settings = settingsOf(placeOf(name, {}, args as Values, "pulumi-nodejs", options).provider);
  if (!settings) return call(name, args);
  return new Promise((resolve) =>
    pulumi.output(settings).apply((values) => resolve(call(name, args, values as Values))),
  );
}

/** `settings`: those of an explicit provider, instead of the configuration. */
async function call<R>(name: string, args: object, settings?: Values): Promise<R> {
  // Loaded only when needed: most programs call no function.
  const { answerHere } = require("./dynamic/functions") as typeof import("./dynamic/functions");
  const config = new pulumi.Config("localnet");
  return (await answerHere(name, args as Values, (key) => (settings ? settings[key] : config.get(key)))) as R;
}

/** Like `invoke`, after all arguments are known and all dependencies exist. */
export function invokeOutput<R>(
  name: string,
  args: object = {},
  { dependsOn = [], ...options }: pulumi.InvokeOutputOptions = {},
): pulumi.Output<R> {
  const before = pulumi.output(dependsOn).apply((some) => pulumi.all([some].flat().map(({ urn }) => urn)));
  const references = functionReferences[name] ?? {};
  const { provider, host } = placeOf(name, references, args as Values, "pulumi-nodejs", options);
  const inputs = pulumi.output(resolved(references, { ...args, ...(host !== undefined && { host }) }));
  // The address of a resource that does not exist yet is unknown; if an argument needs it, the promise rejects.
  const all = pulumi.all([inputs, pulumi.output(settingsOf(provider)), before]);
  return all.apply(([values, settings]) => call<object>(name, values, settings)) as unknown as pulumi.Output<R>;
}

/** A function of the native plugin. */
export function nativeFunction<F>(name: string): F {
  const call = (args: object = {}, options?: pulumi.InvokeOptions) =>
    pulumi.runtime.invoke(`localnet:index:${name}`, args as pulumi.Inputs, options);
  return Object.defineProperty(call, "name", { value: name }) as F;
}

/** Like `nativeFunction`, after all arguments are known. */
export function nativeOutputFunction<F>(name: string): F {
  const call = (args: object = {}, options?: pulumi.InvokeOutputOptions) => {
    const [token, references, given] = [`localnet:index:${name}`, functionReferences[name] ?? {}, args as Values];
    const inputs = resolved(references, given) as pulumi.Inputs;
    // The function has its own input for the host.
    if (given.host !== undefined) return pulumi.runtime.invokeOutput(token, inputs, options);
    const { provider } = placeOf(name, references, given, "localnet", options);
    return pulumi.runtime.invokeOutput(token, inputs, { ...options, ...(provider && { provider }) });
  };
  return Object.defineProperty(call, "name", { value: `${name}Output` }) as F;
}
