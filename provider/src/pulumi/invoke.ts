import * as pulumi from "@pulumi/pulumi";
import type { Values } from "../core/values";
import { functionReferences } from "../generated/shapes";
import { settingsOf } from "./explicit-provider";
import { placeOf } from "./inherited-host";
import { resolved } from "./references";

/** A function of the dynamic provider: the program's own process looks. */
export function invoke<R>(name: string, args: object = {}, options?: pulumi.InvokeOptions): Promise<R> {
  const settings = settingsOf(placeOf(name, {}, args as Values, "pulumi-nodejs", options).provider);
  if (!settings) return call(name, args);
  return new Promise((resolve) =>
    pulumi.output(settings).apply((values) => resolve(call(name, args, values as Values))),
  );
}

/** `settings`: those of an explicit provider, in place of the configuration. */
async function call<R>(name: string, args: object, settings?: Values): Promise<R> {
  // What looks is loaded when it is needed: most programs ask nothing.
  const { answerHere } = require("./dynamic/functions") as typeof import("./dynamic/functions");
  const config = new pulumi.Config("localnet");
  return (await answerHere(name, args as Values, (key) => (settings ? settings[key] : config.get(key)))) as R;
}

/** As `invoke`, once all is known that it is asked with, and all that it depends on is there. */
export function invokeOutput<R>(
  name: string,
  args: object = {},
  { dependsOn = [], ...options }: pulumi.InvokeOutputOptions = {},
): pulumi.Output<R> {
  const before = pulumi.output(dependsOn).apply((some) => pulumi.all([some].flat().map(({ urn }) => urn)));
  const references = functionReferences[name] ?? {};
  const { provider, host } = placeOf(name, references, args as Values, "pulumi-nodejs", options);
  const inputs = pulumi.output(resolved(references, { ...args, ...(host !== undefined && { host }) }));
  // A resource that is not there yet has an address that nobody knows; where it is asked for, that is told by the promise.
  const all = pulumi.all([inputs, pulumi.output(settingsOf(provider)), before]);
  return all.apply(([values, settings]) => call<object>(name, values, settings)) as unknown as pulumi.Output<R>;
}

/** A function of the native plugin. */
export function nativeFunction<F>(name: string): F {
  const call = (args: object = {}, options?: pulumi.InvokeOptions) =>
    pulumi.runtime.invoke(`localnet:index:${name}`, args as pulumi.Inputs, options);
  return Object.defineProperty(call, "name", { value: name }) as F;
}

/** As `nativeFunction`, once all is known that it is asked with. */
export function nativeOutputFunction<F>(name: string): F {
  const call = (args: object = {}, options?: pulumi.InvokeOutputOptions) => {
    const [token, references, given] = [`localnet:index:${name}`, functionReferences[name] ?? {}, args as Values];
    const inputs = resolved(references, given) as pulumi.Inputs;
    // Where it looks is said by itself.
    if (given.host !== undefined) return pulumi.runtime.invokeOutput(token, inputs, options);
    const { provider } = placeOf(name, references, given, "localnet", options);
    return pulumi.runtime.invokeOutput(token, inputs, { ...options, ...(provider && { provider }) });
  };
  return Object.defineProperty(call, "name", { value: `${name}Output` }) as F;
}
