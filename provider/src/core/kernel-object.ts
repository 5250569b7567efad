import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { Host } from "../host";
import { elementOf, objectIn, type Values } from "./check";
import { fieldsOf, isValues } from "./compare";
import type { AnyKind } from "./kind";

/** Something in a namespace that a new namespace does not have, as its tool lists it. */
export interface KernelObject {
  /** In the tool's words: `address 192.0.2.1/32 dev lo`. */
  readonly what: string;
  /** The reason to report when no resource covers it. */
  readonly why: string;
  /** The inputs of a resource that covers it; several: any of these. */
  readonly coveredBy: readonly Statement[];
  /** What a reference to it names. */
  readonly referred?: Reference;
}

interface Statement {
  /** A type or a tag of kinds. Default: any. */
  readonly of?: string;
  /** If the resource's value is a list, it must contain the value; undefined: the input must be absent. */
  readonly inputs: Values;
}

interface Reference {
  /** A type or a tag of kinds. */
  readonly of: string;
  readonly name: string;
}

/** Reads all objects of one sort in a namespace (undefined: the host's own). Changes nothing. */
export interface ObjectReader {
  /** What it reads, for the report that it could not. */
  readonly name: string;
  read(host: Host, netns: string | undefined): Promise<readonly KernelObject[]>;
}

/** A resource that could be imported, or what is known of one that could not. */
export interface Candidate {
  readonly kind: AnyKind;
  readonly id: string;
  readonly values: Values;
}

/** Does a resource cover an object of this namespace? */
export function standsFor(
  { kind, values }: Candidate,
  netns: string | undefined,
  { coveredBy }: KernelObject,
): boolean {
  // One resource may be several objects, such as a pair of links.
  const parts = [values, ...Object.values(values).filter(isValues)].filter((part) => part.netns === netns);
  return coveredBy.some(({ of, inputs }) => isOf(kind, of) && parts.some((part) => holds(part, inputs)));
}

function holds(part: Values, inputs: Values): boolean {
  return Object.entries(inputs).every(([key, value]) => {
    const actual = part[key];
    return isDeepStrictEqual(actual, value) || (Array.isArray(actual) && actual.includes(value));
  });
}

function isOf(kind: AnyKind, of: string | undefined): boolean {
  return of === undefined || kind.type === of || (kind.tags ?? []).includes(of);
}

/** The references of a resource: for each the input, the name, and the namespace that the name is in. */
export function referencesIn(
  schema: z.ZodObject,
  values: Values,
  prefix = "",
): { input: string; of: string; name: unknown; netns: unknown }[] {
  return fieldsOf(schema).flatMap(([key, field]) => {
    const value = values[key];
    const { reference, of } = field.meta() ?? {};
    const input = `${prefix}${key}`;
    if (reference !== undefined && of !== undefined) return [{ input, of, name: value, netns: values.netns }];
    const nested = objectIn(field) ?? objectIn(elementOf(field));
    // Also the objects in a list.
    const each = [value].flat().filter(isValues);
    // An end of a pair of links may be in another namespace.
    const here = nested && "netns" in nested.shape ? {} : { netns: values.netns };
    return nested ? each.flatMap((one) => referencesIn(nested, { ...here, ...one }, `${input}.`)) : [];
  });
}
