import type { Values } from "../../../provider/src/core/check";
import { elementOf, objectIn } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import { kinds } from "../../../provider/src/kinds";

/** A resource in place of a value, as a program passes one. */
interface Ref {
  readonly ref: string;
}

export interface Resource {
  /** Name in the program. */
  readonly name: string;
  readonly type: string;
  readonly inputs: Values;
  readonly dependsOn?: readonly string[];
  /** The name that it had before. */
  readonly alias?: string;
}

/** Resources in the order in which the program declares them: each after those that it names. */
export type Program = readonly Resource[];

export function kindOf(type: string): AnyKind {
  const kind = kinds[type];
  if (!kind) throw new Error(`there is no kind ${type}`);
  return kind;
}

/** Does a type, or a tag that kinds have, mean this kind? */
export function isOf(type: string, of: string): boolean {
  return type === of || (kindOf(type).tags?.includes(of) ?? false);
}

export function isRef(value: unknown): value is Ref {
  return typeof value === "object" && value !== null && "ref" in value;
}

/** The resources that a value names, itself or within it. */
export function refsIn(value: unknown): string[] {
  if (isRef(value)) return [value.ref];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(refsIn) : [];
}

export function dependencies({ inputs, dependsOn = [] }: Resource): string[] {
  return [...new Set([...refsIn(inputs), ...dependsOn])];
}

export function find(program: Program, name: string): Resource | undefined {
  return program.find((each) => each.name === name);
}

/** The name that the kernel knows a resource by: a class takes the resource's own unless told. */
export function kernelName({ name, inputs }: Resource): string {
  return (inputs.name as string | undefined) ?? name;
}

/** What a value is, for the kernel: the name of what it refers to. */
export function nameIn(program: Program, value: unknown): string | undefined {
  if (!isRef(value)) return value as string | undefined;
  const there = find(program, value.ref);
  return there && kernelName(there);
}

/** The inputs as the provider gets them, with what `output` says of each resource that they name. */
export function resolved(type: string, inputs: Values, output: (ref: string, key: string) => unknown): Values {
  return resolvedIn(kindOf(type).args.shape, inputs, output);
}

function resolvedIn(shape: object, inputs: Values, output: (ref: string, key: string) => unknown): Values {
  const result: Values = {};
  for (const [key, value] of Object.entries(inputs)) {
    const field = (shape as Record<string, Parameters<typeof objectIn>[0]>)[key];
    const nested = field && objectIn(elementOf(field));
    const within = (each: unknown) => (nested && isObject(each) ? resolvedIn(nested.shape, each, output) : each);
    if (isRef(value)) result[key] = output(value.ref, String(field?.meta()?.reference ?? "name"));
    else result[key] = Array.isArray(value) ? value.map(within) : within(value);
  }
  return result;
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null;
}

/** The resource that one lives in. */
export function parentOf({ type, inputs }: Resource): string | undefined {
  const value = inputs[livesIn(type) ?? ""];
  return isRef(value) ? value.ref : undefined;
}

/** Does the kernel keep one while another uses it? */
export function isBusyInUse(type: string): boolean {
  return Object.values(kindOf(type).args.shape).some(
    (field) => (field as { meta(): { busy?: boolean } | undefined }).meta()?.busy,
  );
}

/** The input of a kind that says what its objects live in. */
function livesIn(type: string): string | undefined {
  const fields = Object.entries(kindOf(type).args.shape) as [string, { meta(): { parent?: boolean } | undefined }][];
  return fields.find(([, field]) => field.meta()?.parent)?.[0];
}

/** The same resources, each after those that it names, and otherwise in their order. Undefined: some name each other. */
export function ordered(program: Program): Program | undefined {
  const result: Resource[] = [];
  let rest = [...program];
  while (rest.length > 0) {
    const next = rest.find((each) => dependencies(each).every((name) => result.some((other) => other.name === name)));
    if (!next) return undefined;
    result.push(next);
    rest = rest.filter((each) => each !== next);
  }
  return result;
}

/** The program as its author would write it. */
export function textOf(program: Program): string {
  return program.map(lineOf).join("\n");
}

function lineOf(resource: Resource): string {
  const { name, type, inputs, dependsOn = [], alias } = resource;
  const options = {
    ...(dependsOn.length > 0 && { dependsOn: dependsOn.map((ref) => ({ ref })) }),
    ...(alias !== undefined && { aliases: [{ name: alias }] }),
  };
  const words = [JSON.stringify(name), literal(inputs), ...(Object.keys(options).length > 0 ? [literal(options)] : [])];
  return `const ${name} = new ${type}(${words.join(", ")});`;
}

function literal(value: unknown): string {
  if (isRef(value)) return value.ref;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${literal(each)}`);
  return entries.length > 0 ? `{ ${entries.join(", ")} }` : "{}";
}
