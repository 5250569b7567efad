import fc from "fast-check";
import { kinds } from "../../provider/src/kinds";
import { lack } from "../kernel/support/features";
import { Resources } from "./support/arbitrary";
import { Draw } from "./support/draw";
import { sceneOf } from "./support/generate";
import { get, optionalPaths } from "./support/input-paths";
import { common, reasonFor, shapeOf } from "./support/kinds";

test.each(Object.keys(kinds))("%s: programs have it with each of its inputs, or the tables say why not", (type) => {
  const shape = shapeOf(type);
  if (!shape) return expect(reasonFor(type)).toMatch(/./);
  if (lack(shape.needs) !== undefined) return;
  const paths = new Set<string>();
  const there = new Set<string>();
  const missing = () => [...paths].filter((path) => !there.has(path));
  let count = 0;
  // What few programs have may take more of them.
  for (let seed = 1; seed === 1 || (seed <= 4 && missing().length > 0); seed++)
    for (const { inputs } of fc.sample(new Resources(type), { numRuns: 100, seed }).flat()) {
      count++;
      for (const path of optionalPaths(type, inputs)) {
        paths.add(path);
        if (get(inputs, path) !== undefined) there.add(path);
      }
    }
  expect({ type, isThere: count > 0, missing: missing() }).toEqual({ type, isThere: true, missing: [] });
});

test("a resource that comes takes no name that a link of the former program has, be it a far end", () => {
  const former = [{ name: "v1", type: "VethPair", inputs: { peer: { name: "w1" } } }];
  const anyDraw = new Draw({ nextInt: (min: number) => min } as fc.Random);
  expect(sceneOf([], anyDraw, former).fresh("w")).toBe("w2");
  expect(sceneOf([], anyDraw).fresh("w")).toBe("w1");
});

test("what the tables say of inputs is of inputs that there are", () => {
  const strangers = Object.entries(kinds).flatMap(([type, kind]) => {
    const { inputs = {}, without = {}, needing = {} } = shapeOf(type) ?? {};
    const paths = Object.keys({ ...inputs, ...without, ...needing }).map((path) => path.split(".")[0] ?? "");
    return paths.filter((key) => !(key in kind.args.shape)).map((key) => `${type}.${key}`);
  });
  expect(strangers).toEqual([]);
  expect(Object.keys(common)).toEqual(["adopt", "host", "owner", "vlans", "offloads", "impairment"]);
});
