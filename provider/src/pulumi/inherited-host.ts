import * as pulumi from "@pulumi/pulumi";
import type { Values } from "../core/values";
import { fromEnvironment } from "./environment";
import { explicitProviderOf, type Package, type ProviderOptions, settingsOf } from "./explicit-provider";
import type { References } from "./meaning";
import { isObject, requestOf } from "./references";

/** A host as the program gives it; undefined: this machine. */
type HostInput = pulumi.Input<string | undefined>;

/** One source of a resource's host: the path of an input, and the host that it implies. */
type Place = readonly [path: string, host: HostInput];

/**
 * Determines the host of a resource. Its provider is its own, or else that of the resources given as inputs; its host is its
 * input, or else that of its provider, or else that of those resources. All of them that name a host must name the same.
 */
export function placeOf(
  subject: string,
  references: References,
  args: Values,
  pkg: Package,
  options: ProviderOptions = {},
): { readonly provider: pulumi.ProviderResource | undefined; readonly host: HostInput } {
  const resources = given(references, args);
  const [first] = resources;
  const explicit = explicitProviderOf(subject, pkg, options);
  const provider = explicit ?? first?.[1].getProvider(`${pkg}:index:any`);
  const ofProvider =
    explicit && (["provider", (settingsOf(explicit)?.host as HostInput) ?? fromEnvironment("host")] as const);
  const source = args.host === undefined ? ofProvider : (["host", args.host as HostInput] as const);
  const configured = new pulumi.Config("localnet").get("host") ?? fromEnvironment("host");
  return { provider, host: oneHost(subject, [...(source ? [source] : []), ...hostsOf(resources)], configured) };
}

function oneHost(subject: string, places: readonly Place[], configured: HostInput): HostInput {
  const [first = ["", configured] as const] = places;
  const values = places.map(([, host]) => host);
  if (!values.some(isLater)) {
    requireOne(subject, places as [string, string | undefined][]);
    return first[1];
  }
  return pulumi.all(values).apply((known) => {
    requireOne(
      subject,
      places.map(([path], index) => [path, known[index]]),
    );
    return known[0];
  });
}

function isLater(value: HostInput): boolean {
  return typeof value === "object";
}

/** The resources of this package among the inputs, each with its path. Not those given as addresses: they may be on another host. */
export function given(references: References, args: Values, prefix = ""): (readonly [path: string, pulumi.Resource])[] {
  return Object.entries(references).flatMap(([key, reference]) => {
    const [value, path] = [args[key], `${prefix}${key}`];
    if (typeof reference !== "string")
      return [value].flat().flatMap((each) => (isObject(each) ? given(reference, each, `${path}.`) : []));
    const isOurs = isObject(value) && !reference.startsWith("address") && "host" in (requestOf(value) ?? {});
    return isOurs ? [[path, value as unknown as pulumi.Resource] as const] : [];
  });
}

function hostsOf(resources: readonly (readonly [path: string, pulumi.Resource])[]): Place[] {
  return resources.map(([path, resource]) => [path, requestOf(resource)?.host as HostInput]);
}

function requireOne(subject: string, given: readonly (readonly [path: string, host: string | undefined])[]): void {
  const [first, ...rest] = given;
  const other = rest.find(([, host]) => host !== first?.[1]);
  if (!first || !other) return;
  const place = (host: string | undefined) => host ?? "this machine";
  const where = `${place(other[1])}, not on ${place(first[1])} as ${first[0]} says`;
  throw new pulumi.RunError(`${subject}: ${other[0]}: must be on the resource's own host: it is on ${where}`);
}
