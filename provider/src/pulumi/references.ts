import { isIPv6 } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { Values } from "../core/values";

// A program may give a resource where an input is text: what that text is, is decided here.

/**
 * The inputs that take a resource too, and what they mean by it; of an input with inputs of its own, those.
 * - "name", "id": that output. Of a pair the name is that of the end in the namespace of whoever asks.
 * - "address": its first address; "address:4", "address:6", "address:KEY": that of this IP version, or of the one of the
 *   input KEY. Of a pair it is that of the end in the other namespace.
 */
export interface References {
  readonly [key: string]: string | References;
}

/** Puts in place of each resource what the input means. */
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
      const inside = (entry: unknown) => (isObject(entry) ? resolved(reference, entry, netns, outerArgs) : entry);
      result[key] = Array.isArray(value) ? value.map(inside) : inside(value);
    }
  }
  return result;
}

/** One that is given now, not an output or a promise of one. */
export function isObject(value: unknown): value is Values {
  const isLater = pulumi.Output.isInstance(value) || value instanceof Promise;
  return typeof value === "object" && value !== null && !isLater;
}

/** One end of a pair; the other is its `peer`. */
interface End {
  readonly name: string;
  readonly netns?: string | undefined;
  readonly addresses?: readonly string[] | undefined;
}

/** What is known of the resource, and of whoever asks. */
type Facts = [
  name: string,
  addresses: readonly string[] | undefined,
  netns: string | undefined,
  peer?: End | undefined,
  here?: string | undefined,
  version?: string,
];

const requests = new WeakMap<object, Values>();

/** Remembers what a program asks of a resource: at a preview the SDK does not know the outputs that have no value. */
export function rememberRequest(resource: pulumi.Resource, args: Values): void {
  requests.set(resource, args);
}

/** What the program asks of a resource, its host included where that is known; undefined: it is none of these classes. */
export function requestOf(resource: object): Values | undefined {
  return requests.get(resource);
}

function meaning(key: string, resource: Values, reference: string, netns: unknown, args: Values): unknown {
  const [output = "", version = ""] = reference.split(":");
  const { netns: there, addresses, peer } = requestOf(resource) ?? resource;
  if (output !== "address" && (output === "id" || peer === undefined)) return resource[output];
  const here = isObject(netns) && pulumi.Resource.isInstance(netns) ? (netns as unknown as Values).name : netns;
  // The name is an output: whoever asks depends on the resource.
  return pulumi
    .all([resource.name, addresses, there, peer, here, args[version] ?? version])
    .apply((facts) => textOf(key, output, facts as unknown as Facts));
}

export function textOf(key: string, output: string, [name, addresses, netns, peer, here, version]: Facts): string {
  const near = { name, netns, addresses };
  const [inside, outside] = peer && peer.netns === here && netns !== here ? [peer, near] : [near, peer ?? near];
  if (output === "name") return inside.name;
  const withoutLength = (text: string) => text.replace(/\/\d+$/, "");
  const isSix = version === "6" || isIPv6(withoutLength(version ?? ""));
  const candidates = (outside.addresses ?? []).map(withoutLength);
  const address = candidates.find((each) => !version || isIPv6(each) === isSix);
  if (address !== undefined) return address;
  throw new pulumi.RunError(`${key}: ${outside.name} has no ${version ? `IPv${isSix ? 6 : 4} ` : ""}address`);
}
