import type { Values } from "../../../provider/src/core/check";
import { checked, fits, sensible } from "./generate";
import { kernelName, kindOf, ordered, type Program, type Resource } from "./program";

/** The program in an order that works, without what has lost what it needs. */
export function settled(program: Program): Program | undefined {
  const there = new Set(program.map(({ name }) => name));
  let rest = program;
  for (;;) {
    const sensibly = rest.flatMap((each) => {
      const dependsOn = each.dependsOn?.filter((name) => there.has(name));
      return sensible(rest, { ...each, ...(dependsOn && { dependsOn }) }) ?? [];
    });
    const fitting = sensibly.filter((each) => fits(sensibly, each));
    const whole = fitting.length === rest.length;
    rest = fitting;
    if (whole) break;
  }
  const order = ordered(rest);
  return order && order.length > 0 && unique(order) ? order : undefined;
}

/** No two resources are one and the same thing. */
function unique(program: Program): boolean {
  const names = program.flatMap((each) => {
    if (!("name" in kindOf(each.type).args.shape)) return [];
    const peer = (each.inputs.peer as Values | undefined)?.name;
    return [kernelName(each), ...(peer === undefined ? [] : [peer])];
  });
  return new Set(names).size === names.length;
}

/** Is something the object of a resource that the program gives up? The engine deletes last: it is there until then. */
export function takesOver(program: Program, before: Program): boolean {
  const kept = new Set(program.flatMap(({ name, alias }) => [name, alias]));
  const given = before.flatMap((each) => (kept.has(each.name) ? [] : (claimed(before, each) ?? [])));
  return program.some((each) => given.includes(claimed(program, each) ?? ""));
}

/** What one resource alone can have, of what has no mark; the main table may be named or not. */
function claimed(program: Program, resource: Resource): string | undefined {
  const kind = kindOf(resource.type);
  if (!kind.unmarked) return undefined;
  return `${resource.type} ${kind.id(checked(program, resource).inputs).replace(/ table 254\b/, "")}`;
}
