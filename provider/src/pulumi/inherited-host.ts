import * as pulumi from "@pulumi/pulumi";
import type { Values } from "../core/values";
import { isObject, type References, requestOf } from "./references";

/** A host as a program says it; undefined is this machine. */
type HostInput = pulumi.Input<string | undefined>;

/** The host of a resource: its own input's, or else that of the resources that it is given, which has to be one. */
export function hostOf(subject: string, references: References, args: Values, configured: HostInput): HostInput {
  const own = args.host === undefined ? [] : [["host", args.host as HostInput] as const];
  const given = [...own, ...hostsIn(references, args)];
  const [first = ["", configured] as const] = given;
  const values = given.map(([, host]) => host);
  if (!values.some(isLater)) {
    requireOne(subject, given as [string, string | undefined][]);
    return first[1];
  }
  return pulumi.all(values).apply((known) => {
    requireOne(
      subject,
      given.map(([path], index) => [path, known[index]]),
    );
    return known[0];
  });
}

function isLater(value: HostInput): boolean {
  return typeof value === "object";
}

/** The inputs that are resources, and where those are. An address may well be another host's. */
function hostsIn(references: References, args: Values, prefix = ""): (readonly [path: string, host: HostInput])[] {
  return Object.entries(references).flatMap(([key, reference]) => {
    const [value, path] = [args[key], `${prefix}${key}`];
    if (typeof reference !== "string")
      return [value].flat().flatMap((each) => (isObject(each) ? hostsIn(reference, each, `${path}.`) : []));
    const request = isObject(value) && !reference.startsWith("address") ? requestOf(value) : undefined;
    return request && "host" in request ? [[path, request.host as HostInput] as const] : [];
  });
}

function requireOne(subject: string, given: readonly (readonly [path: string, host: string | undefined])[]): void {
  const [first, ...rest] = given;
  const other = rest.find(([, host]) => host !== first?.[1]);
  if (!first || !other) return;
  const place = (host: string | undefined) => host ?? "this machine";
  const where = `${place(other[1])}, not on ${place(first[1])} as ${first[0]} says`;
  throw new pulumi.RunError(`${subject}: ${other[0]}: must be on the resource's own host: it is on ${where}`);
}
