import type { Values } from "../../../provider/src/core/check";
import type { Draw } from "./draw";
import { anyResource, anyValue, sceneOf, sensible } from "./generate";
import { get, optionalPaths, set } from "./input-paths";
import { shapeOf } from "./kinds";
import { kernelName, kindOf, ordered, type Program, type Resource } from "./program";
import { below } from "./scene";
import { settled, takesOver } from "./settled";

type Edit = (program: Program, draw: Draw, before: Program) => Program | undefined;

/** What people do to a program, and how often. */
const edits: readonly (readonly [weight: number, edit: Edit])[] = [
  [6, changeInput],
  [3, addInput],
  [4, takeInputAway],
  [3, removeResource],
  [3, addResource],
  [1, rename],
  [1, renameUnaliased],
  [2, renameObject],
  [2, moveTo],
  [1, reorder],
  [1, swap],
];

export function edited(before: Program, draw: Draw): Program {
  let program = before;
  const count = draw.int(1, 4);
  for (let done = 0, attempt = 0; done < count && attempt < 20; attempt++) {
    const next = draw.weighted(edits)(program, draw, before);
    const whole = next && settled(next);
    if (!whole || JSON.stringify(whole) === JSON.stringify(program) || takesOver(whole, before)) continue;
    program = whole;
    done++;
  }
  return program;
}

function replaced(program: Program, was: Resource, is: Resource): Program {
  return program.map((each) => (each === was ? is : each));
}

function changeInput(program: Program, draw: Draw): Program | undefined {
  const resource = draw.pick(program);
  const inputNames = Object.keys(shapeOf(resource.type)?.inputs ?? {});
  const given = [...new Set([...optionalPaths(resource.type, resource.inputs), ...inputNames])].filter(
    (path) => get(resource.inputs, path) !== undefined,
  );
  return withInput(program, resource, draw.maybe(given), draw);
}

function addInput(program: Program, draw: Draw): Program | undefined {
  const resource = draw.pick(program);
  const absent = optionalPaths(resource.type, resource.inputs).filter(
    (path) => get(resource.inputs, path) === undefined,
  );
  return withInput(program, resource, draw.maybe(absent), draw);
}

function withInput(program: Program, resource: Resource, path: string | undefined, draw: Draw): Program | undefined {
  if (path === undefined) return undefined;
  const scene = sceneOf(
    program.filter((each) => each !== resource && !below(program, resource.name).includes(each.name)),
    draw,
  );
  const value = anyValue(scene, resource.type, resource.inputs, path);
  if (value === undefined) return undefined;
  const inputs = structuredClone(resource.inputs);
  set(inputs, path, value);
  const is = sensible(program, { ...resource, inputs });
  return is && replaced(program, resource, is);
}

function takeInputAway(program: Program, draw: Draw): Program | undefined {
  const resource = draw.pick(program);
  const path = draw.maybe(
    optionalPaths(resource.type, resource.inputs).filter((each) => get(resource.inputs, each) !== undefined),
  );
  if (path === undefined) return undefined;
  const inputs = structuredClone(resource.inputs);
  set(inputs, path, undefined);
  return replaced(program, resource, { ...resource, inputs });
}

function removeResource(program: Program, draw: Draw): Program {
  const { name } = draw.pick(program);
  const gone = new Set([name, ...below(program, name)]);
  return program.filter((each) => !gone.has(each.name));
}

function addResource(program: Program, draw: Draw, before: Program): Program | undefined {
  const types = [...new Set(program.map(({ type }) => type))];
  const added = anyResource(program, draw.pick(types), draw, before);
  return added && [...program, added];
}

/** Another name in the program, with an alias for the former one. */
function rename(program: Program, draw: Draw, before: Program): Program | undefined {
  const resource = draw.pick(program);
  if (!before.some(({ name }) => name === resource.name)) return undefined;
  const name = `${resource.name}too`;
  if (before.some((each) => each.name === name)) return undefined;
  const keep = "name" in kindOf(resource.type).args.shape ? { name: kernelName(resource) } : {};
  const is = { ...resource, name, alias: resource.name, inputs: { ...resource.inputs, ...keep } };
  return renamedIn(replaced(program, resource, is), resource.name, name);
}

/** Another name without an alias: one goes, and one comes. Its object takes the new name, or is said to be taken over. */
function renameUnaliased(program: Program, draw: Draw, before: Program): Program | undefined {
  const resource = draw.pick(program);
  const name = `${resource.name}new`;
  if ([...program, ...before].some((each) => each.name === name)) return undefined;
  const names = shapeOf(resource.type)?.onlyNamed;
  if (!names) return undefined;
  const inputs = Object.fromEntries(Object.entries(resource.inputs).filter(([key]) => !names.includes(key)));
  const is = { ...resource, name, inputs };
  return named(renamedIn(replaced(program, resource, is), resource.name, name), kernelName(resource), name);
}

function renamedIn(program: Program, was: string, is: string): Program {
  const walk = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if ("ref" in value) return value.ref === was ? { ref: is } : value;
    if (Array.isArray(value)) return value.map(walk);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]));
  };
  return program.map((each) => ({
    ...each,
    inputs: walk(each.inputs) as Values,
    ...(each.dependsOn && { dependsOn: each.dependsOn.map((name) => (name === was ? is : name)) }),
  }));
}

/** Another name for the kernel. */
function renameObject(program: Program, draw: Draw): Program | undefined {
  const resource = draw.pick(program);
  if (!("name" in kindOf(resource.type).args.shape)) return undefined;
  const name = sceneOf(program, draw).fresh(`${shapeOf(resource.type)?.prefix}z`);
  const is = { ...resource, inputs: { ...resource.inputs, name } };
  return named(replaced(program, resource, is), kernelName(resource), name);
}

/** Where a name stands as text, it is changed too. */
function named(program: Program, was: string, is: string): Program {
  const walk = (value: unknown, key?: string): unknown => {
    if (typeof value === "string" && key !== "name")
      return value
        .split(/([/ ])/)
        .map((word) => (word === was ? is : word))
        .join("");
    if (typeof value !== "object" || value === null || "ref" in value) return value;
    if (Array.isArray(value)) return value.map((each) => walk(each));
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, name)]));
  };
  return program.map((each) => ({ ...each, inputs: walk(each.inputs) as Values }));
}

/** Another namespace. */
function moveTo(program: Program, draw: Draw): Program | undefined {
  const netns = draw.maybe(program.filter(({ type }) => type === "Netns"));
  const movable = program.filter(({ type }) => "netns" in kindOf(type).args.shape && type !== "Pod");
  const resource = draw.maybe(movable);
  if (!netns || !resource) return undefined;
  return replaced(program, resource, { ...resource, inputs: { ...resource.inputs, netns: { ref: netns.name } } });
}

function reorder(program: Program, draw: Draw): Program | undefined {
  return ordered(draw.shuffled(program));
}

/** Two resources of a kind change places: each gets an input of the other. */
function swap(program: Program, draw: Draw): Program | undefined {
  const one = draw.pick(program);
  const other = draw.maybe(program.filter((each) => each !== one && each.type === one.type));
  if (!other) return undefined;
  const key = draw.maybe(
    Object.keys({ ...one.inputs, ...other.inputs }).filter((each) => !["name", "netns", "peer"].includes(each)),
  );
  if (key === undefined) return undefined;
  const given = (to: Resource, from: Resource): Resource => {
    const inputs = { ...to.inputs, [key]: from.inputs[key] };
    if (inputs[key] === undefined) delete inputs[key];
    return { ...to, inputs };
  };
  return program.map((each) => (each === one ? given(one, other) : each === other ? given(other, one) : each));
}
