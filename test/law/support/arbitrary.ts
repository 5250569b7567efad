import fc from "fast-check";
import { deedsFor } from "./deeds";
import { Draw } from "./draw";
import { edited } from "./edit";
import { anyProgram, anyResource } from "./generate";
import { optionalPaths, set } from "./input-paths";
import type { Pair } from "./pair";
import type { Program } from "./program";
import type { Fault } from "./provider";
import { settled } from "./settled";

const most = 12;
const ways: readonly Fault["how"][] = ["killed before", "killed after", "fails", "fails half-way", "fails afterwards"];

/** Pairs of programs that fast-check draws, and makes smaller where one breaks the law. */
export class Pairs extends fc.Arbitrary<Pair> {
  generate(random: fc.Random): fc.Value<Pair> {
    return new fc.Value(anyPair(new Draw(random)), undefined);
  }

  canShrinkWithoutContext(value: unknown): value is Pair {
    return typeof value === "object" && value !== null && "a" in value;
  }

  shrink(pair: Pair): fc.Stream<fc.Value<Pair>> {
    return new fc.Stream(smaller(pair)).map((each) => new fc.Value(each, undefined));
  }
}

/** Resources of a kind, each in a program that has others. */
export class Resources extends fc.Arbitrary<Program> {
  constructor(private readonly type: string) {
    super();
  }

  generate(random: fc.Random): fc.Value<Program> {
    const draw = new Draw(random);
    const program = anyProgram(draw, most);
    const drawn = Array.from({ length: most }, () => anyResource(program, this.type, draw));
    return new fc.Value(
      drawn.filter((each) => each !== undefined),
      undefined,
    );
  }

  canShrinkWithoutContext(_value: unknown): _value is Program {
    return false;
  }

  shrink(): fc.Stream<fc.Value<Program>> {
    return fc.Stream.nil();
  }
}

function anyPair(draw: Draw): Pair {
  const a = anyProgram(draw, most);
  const b = edited(a, draw);
  const [fault, byHand] = draw.weighted([
    [50, [undefined, []]],
    [25, [{ at: draw.int(1, 12), how: draw.pick(ways), during: draw.pick(["a", "b"] as const) }, []]],
    [25, [undefined, deedsFor(a, draw)]],
  ] as const);
  return { a, b, byHand, ...(fault && { fault }), refreshes: draw.chance(50) };
}

/** The same with less in it, the most first. */
function* smaller(pair: Pair): Generator<Pair> {
  const { a, b, byHand, fault, refreshes } = pair;
  const { fault: _, ...faultless } = pair;
  if (fault) yield faultless;
  if (byHand.length > 0) yield { ...pair, byHand: [] };
  for (const deed of byHand.length > 1 ? byHand : []) yield { ...pair, byHand: byHand.filter((each) => each !== deed) };
  if (fault && fault.at > 1) yield { ...pair, fault: { ...fault, at: fault.at - 1 } };
  if (refreshes) yield { ...pair, refreshes: false };

  const names = [...new Set([...a, ...b].map(({ name }) => name))];
  // What depends on it goes along.
  for (const half of [names.slice(0, names.length / 2), names.slice(names.length / 2)]) {
    if (names.length > 3) yield* both(pair, (program) => program.filter(({ name }) => !half.includes(name)));
  }
  for (const gone of names)
    yield* both(pair, (program) => program.filter(({ name, alias }) => name !== gone && alias !== gone));
  // A resource that only one program has, or has otherwise, as the other has it.
  for (const name of names) {
    const [before, after] = [a.find((each) => each.name === name), b.find((each) => each.name === name)];
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    if (before && after)
      yield* one(
        pair,
        "b",
        b.map((each) => (each === after ? before : each)),
      );
    if (before && !after)
      yield* one(
        pair,
        "a",
        a.filter((each) => each !== before),
      );
    if (!before && after)
      yield* one(
        pair,
        "b",
        b.filter((each) => each !== after),
      );
  }
  for (const name of names) {
    const there = b.find((each) => each.name === name) ?? a.find((each) => each.name === name);
    if (!there) continue;
    const change = (path: string) => (program: Program) =>
      program.map((each) => (each.name === name ? without(each, path) : each));
    // What was done by hand may be to an input that the first program has: it keeps all of that resource's.
    const keepsInputs = byHand.some(({ undo, on }) => !undo && on.includes(name));
    for (const path of optionalPaths(there.type, there.inputs).concat("dependsOn")) {
      if (!keepsInputs) yield* both(pair, change(path));
      if (path === "dependsOn") continue;
      if (!keepsInputs) yield* one(pair, "a", change(path)(a));
      yield* one(pair, "b", change(path)(b));
    }
  }
}

function without(resource: Program[number], path: string): Program[number] {
  if (path === "dependsOn") {
    const { dependsOn: _, ...rest } = resource;
    return rest;
  }
  const inputs = structuredClone(resource.inputs);
  set(inputs, path, undefined);
  return { ...resource, inputs };
}

function* both(pair: Pair, change: (program: Program) => Program): Generator<Pair> {
  const [a, b] = [settled(change(pair.a)), settled(change(pair.b))];
  if (a && b) yield* different(pair, { ...pair, a, b });
}

function* one(pair: Pair, which: "a" | "b", program: Program): Generator<Pair> {
  const next = settled(program);
  if (next) yield* different(pair, { ...pair, [which]: next });
}

function* different(pair: Pair, next: Pair): Generator<Pair> {
  const text = ({ a, b }: Pair) => JSON.stringify([a, b]);
  if (text(pair).length > text(next).length) yield next;
}
