import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { Host } from "../host";
import { elementOf, objectIn, type Values } from "./check";
import { fieldsOf, isValues } from "./compare";
import type { AnyKind } from "./kind";

/** Something that a namespace holds and a new one does not, as its tool tells of it. */
export interface KernelObject {
  /** In the tool's words: `address 192.0.2.1/32 dev lo`. */
  readonly what: string;
  /** Why it is left out, where no resource stands for it. */
  readonly why: string;
  /** Inputs by which a resource says that it stands for it; several: any of these. */
  readonly coveredBy: readonly Statement[];
  /** What a reference to it asks for. */
  readonly referred?: Reference;
}

interface Statement {
  /** A type or a tag of the kinds that it counts for. Default: any. */
  readonly of?: string;
  /** Of a list of values, one has to be there; undefined: the input must not be given. */
  readonly inputs: Values;
}

interface Reference {
  /** A type or a tag of kinds. */
  readonly of: string;
  readonly name: string;
}

/** Tells what a namespace holds (undefined: the host's own), of one sort. Changes nothing. */
export interface ObjectReader {
  /** What it tells of, for when nobody could look. */
  readonly name: string;
  read(host: Host, netns: string | undefined): Promise<readonly KernelObject[]>;
}

/** A resource that could be imported, or what is known of one that could not. */
export interface Candidate {
  readonly kind: AnyKind;
  readonly id: string;
  readonly values: Values;
}

/** Does a resource stand for an object of this namespace? */
export function standsFor(
  { kind, values }: Candidate,
  netns: string | undefined,
  { coveredBy }: KernelObject,
): boolean {
  // One resource may hold several objects, as a pair of links does.
  const parts = [values, ...Object.values(values).filter(isValues)].filter((part) => part.netns === netns);
  return coveredBy.some(({ of, inputs }) => isOf(kind, of) && parts.some((part) => holds(part, inputs)));
}

function holds(part: Values, inputs: Values): boolean {
  return Object.entries(inputs).every(([key, value]) => {
    const there = part[key];
    return isDeepStrictEqual(there, value) || (Array.isArray(there) && there.includes(value));
  });
}

function isOf(kind: AnyKind, of: string | undefined): boolean {
  return of === undefined || kind.type === of || (kind.tags ?? []).includes(of);
}

/** What a resource refers to: each with the input that names it, and the namespace that it is in. */
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
    // Of a list too, where each entry is an object.
    const each = [value].flat().filter(isValues);
    // An end of a link may be in a namespace of its own.
    const here = nested && "netns" in nested.shape ? {} : { netns: values.netns };
    return nested ? each.flatMap((one) => referencesIn(nested, { ...here, ...one }, `${input}.`)) : [];
  });
}
