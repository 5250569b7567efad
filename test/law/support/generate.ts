import type { z } from "zod";
import { check, type Values } from "../../../provider/src/core/check";
import { kinds } from "../../../provider/src/kinds";
import { lack } from "../../kernel/support/features";
import type { Draw } from "./draw";
import { fieldAt, get, optionalPaths, set } from "./input-paths";
import { common, shapeOf } from "./kinds";
import {
  dependencies,
  find,
  isRef,
  kernelName,
  kindOf,
  nameIn,
  type Program,
  type Resource,
  refsIn,
  resolved,
} from "./program";
import { links, netnsName, resourcesIn } from "./scene";
import type { Scene, Shape } from "./shapes";
import { fromSchema, NoValue } from "./values";

/** The kinds that this kernel can run, as often as programs have them. */
function usable(): (readonly [number, string])[] {
  return Object.keys(kinds).flatMap((type) => {
    const shape = shapeOf(type);
    return shape && lack(shape.needs) === undefined ? [[shape.weight, type] as const] : [];
  });
}

export function anyProgram(draw: Draw, most: number): Program {
  const size = draw.int(2, most);
  let program: Program = [];
  // Some of the kinds, so that what there is meets.
  const types = usable().filter(([, type]) => ["Netns", "Bridge"].includes(type) || draw.chance(60));
  for (let attempt = 0; program.length < size && attempt < size * 4; attempt++) {
    const next = anyResource(program, attempt === 0 ? "Netns" : draw.weighted(types), draw);
    const longer = next ? [...program, next] : program;
    // What was there may not take what has come.
    if (longer.every((each) => fits(longer, each))) program = longer;
  }
  return program;
}

/** One more resource of a kind; undefined: the program lacks what it needs. `others` have names that it may not have. */
export function anyResource(program: Program, type: string, draw: Draw, others: Program = []): Resource | undefined {
  const shape = shapeOf(type);
  if (!shape) return undefined;
  const name = freshName(shape.prefix, [...program, ...others]);
  const scene = sceneOf(program, draw, others);
  const base = withRequired(scene, type, shape.base(scene));
  if (!base) return undefined;
  const inputs = withMore(scene, type, base);
  if ("name" in kindOf(type).args.shape && draw.chance(20))
    inputs.name = scene.fresh(`${shape.prefix}${draw.pick(["x", ".", "-"])}`);
  return sensible(program, byName(program, { name, type, inputs }, draw));
}

export function sceneOf(program: Program, draw: Draw, others: Program = []): Scene {
  return {
    program,
    draw,
    fresh(prefix) {
      const resources = [...program, ...others].flatMap((each) => [each.name, kernelName(each)]);
      // The far end of a pair that the program gives up is there until the engine deletes it, which it does last.
      const ends = [...links(program), ...links(others)].map((each) => each.name);
      const taken = new Set([...resources, ...ends]);
      for (let number = draw.int(1, 3); ; number++) if (!taken.has(`${prefix}${number}`)) return `${prefix}${number}`;
    },
  };
}

function freshName(prefix: string, taken: Program): string {
  for (let number = 1; ; number++) if (!find(taken, `${prefix}${number}`)) return `${prefix}${number}`;
}

/** With the inputs that the kind asks for; undefined: there is no value for one. */
function withRequired(scene: Scene, type: string, base: Values | undefined): Values | undefined {
  if (!base) return undefined;
  const result = { ...base };
  for (const [key, field] of Object.entries(kindOf(type).args.shape as z.ZodRawShape)) {
    if (key in common || key === "name" || key in result || (field as z.ZodType).safeParse(undefined).success) continue;
    result[key] = anyValue(scene, type, result, key);
    if (result[key] === undefined) return undefined;
  }
  return result;
}

/** Optional inputs, some of them given. */
function withMore(scene: Scene, type: string, base: Values): Values {
  const result: Values = { ...base };
  for (const path of optionalPaths(type, base)) {
    if (get(result, path) === undefined && scene.draw.chance(20))
      set(result, path, anyValue(scene, type, result, path));
  }
  return result;
}

/** A value for an input: as the kind's table says, else a resource that may be referred to, else any that its schema takes. */
export function anyValue(scene: Scene, type: string, inputs: Values, path: string): unknown {
  const input = shapeOf(type)?.inputs?.[path];
  if (input) return input(scene, inputs);
  const field = fieldAt(type, path);
  const of = field.meta()?.of;
  if (!of) return fromSchemaIfAny(field, scene);
  const netns = get(inputs, path.replace(/[^.]*$/, "netns"));
  const there = scene.draw.maybe(resourcesIn(scene.program, netnsName(scene.program, netns), String(of)));
  return there && { ref: there.name };
}

/** kinds.test.ts tells of those that no schema and no table says a value of. */
function fromSchemaIfAny(field: z.ZodType, { draw }: Scene): unknown {
  try {
    return fromSchema(field, draw);
  } catch (error) {
    if (error instanceof NoValue) return undefined;
    throw error;
  }
}

/** Some programs name what they use by text, and say beside it that they depend on it. */
function byName(program: Program, resource: Resource, draw: Draw): Resource {
  if (!draw.chance(15)) return resource;
  const inputs = { ...resource.inputs };
  const named: string[] = [];
  for (const [key, value] of Object.entries(inputs)) {
    if (!isRef(value) || key === "service" || draw.chance(40)) continue;
    inputs[key] = nameIn(program, value);
    named.push(value.ref);
  }
  return { ...resource, inputs, dependsOn: named };
}

/** The resource with what it needs beside its inputs, and without optional inputs that its kind refuses together. */
export function sensible(program: Program, draft: Resource): Resource | undefined {
  const inputs = structuredClone(draft.inputs);
  const optional = new Set(optionalPaths(draft.type, inputs));
  for (let attempt = 0; attempt < 5; attempt++) {
    const { failures } = checked(program, { ...draft, inputs });
    if (failures.length === 0) break;
    const extra = failures.map(({ property }) => [...optional].find((path) => `${property}.`.startsWith(`${path}.`)));
    const known = extra.filter((path) => path !== undefined);
    if (known.length === 0) return undefined;
    for (const path of known) set(inputs, path, undefined);
  }
  const named = refsIn(inputs);
  const needed = [...(draft.dependsOn ?? []), ...(shapeOf(draft.type)?.needed?.(program, inputs) ?? [])];
  const dependsOn = [...new Set(needed)].filter((name) => !named.includes(name) && name !== draft.name);
  const { dependsOn: _, ...rest } = draft;
  const resource = { ...rest, inputs, ...(dependsOn.length > 0 && { dependsOn }) };
  return fits(program, resource) ? resource : undefined;
}

export function fits(program: Program, resource: Resource): boolean {
  if (!dependencies(resource).every((name) => find(program, name))) return false;
  if (checked(program, resource).failures.length > 0) return false;
  const shape: Shape | undefined = shapeOf(resource.type);
  return shape?.fits?.(program, resource) ?? true;
}

/** What the provider's check says of a resource when all that it names is known. */
export function checked(program: Program, { name, type, inputs }: Resource): ReturnType<typeof check> {
  const output = (ref: string, key: string): unknown => {
    const there = find(program, ref);
    if (!there) return "missing";
    return key === "name" ? kernelName(there) : kindOf(there.type).id(checked(program, there).inputs);
  };
  const named = "name" in kindOf(type).args.shape ? { name, ...inputs } : inputs;
  return check(kindOf(type), { ...resolved(type, named, output), owner: ownerOf(name) });
}

export function ownerOf(name: string): string {
  return `law/test/${name}`;
}
