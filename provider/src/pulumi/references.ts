import * as pulumi from "@pulumi/pulumi";
import type { Values } from "../core/values";
import { type Facts, type References, textOf } from "./meaning";

// A program may give a resource for an input of type text: this decides which text that is.

/** Replaces each resource by the text that the input means. */
export function resolved(references: References, args: Values, outerNetns?: unknown, outerArgs = args): Values {
  const result = { ...args };
  const netns = "netns" in references ? args.netns : outerNetns;
  for (const [key, reference] of Object.entries(references)) {
    const value = args[key];
    if (!isObject(value)) continue;
    if (typeof reference === "string") {
      if (pulumi.Resource.isInstance(value))
        result[key] = meaning(key, value as unknown as Values, reference, netns, outerArgs);
    } else {
      const resolve = (entry: unknown) => (isObject(entry) ? resolved(reference, entry, netns, outerArgs) : entry);
      result[key] = Array.isArray(value) ? value.map(resolve) : resolve(value);
    }
  }
  return result;
}

/** Is it a resource itself, not an output or a promise of one? */
export function isObject(value: unknown): value is Values {
  const isLater = pulumi.Output.isInstance(value) || value instanceof Promise;
  return typeof value === "object" && value !== null && !isLater;
}

const requests = new WeakMap<object, Values>();

/** Keeps the inputs of a resource: during a preview the SDK does not know outputs without a value. */
export function rememberRequest(resource: pulumi.Resource, args: Values): void {
  requests.set(resource, args);
}

/** The inputs of a resource, with its host if known; undefined: it is not of this package's classes. */
export function requestOf(resource: object): Values | undefined {
  return requests.get(resource);
}

function meaning(key: string, resource: Values, reference: string, netns: unknown, args: Values): unknown {
  const [output = "", version = ""] = reference.split(":");
  const { netns: there, addresses, peer } = requestOf(resource) ?? resource;
  if (output !== "address" && (output === "id" || peer === undefined)) return resource[output];
  const here = isObject(netns) && pulumi.Resource.isInstance(netns) ? (netns as unknown as Values).name : netns;
  // The name is an output, so that the other resource depends on this one.
  return pulumi.all([resource.name, addresses, there, peer, here, args[version] ?? version]).apply((facts) => {
    try {
      return textOf(key, output, facts as unknown as Facts);
    } catch (error) {
      throw new pulumi.RunError((error as Error).message);
    }
  });
}
