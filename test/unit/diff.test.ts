import { unknown, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { toy } from "./support/toy";

const inputs = (values: Values = {}): Values => ({ name: "ball", owner: "me", color: "red", ...values });

test("diff: no change, a change, a replacement, and a replacement by a nested input", () => {
  const place = { row: 1, note: "n" };
  expect(diff(toy, inputs({ place }), inputs({ place: { ...place } }))).toEqual({ changes: false, replaces: [] });
  expect(diff(toy, inputs(), inputs({ size: 1 }))).toEqual({ changes: true, replaces: [] });
  expect(diff(toy, inputs({ size: 1 }), inputs())).toEqual({ changes: true, replaces: [] });
  expect(diff(toy, inputs(), inputs({ name: "cube" }))).toEqual({ changes: true, replaces: ["name"] });
  expect(diff(toy, inputs({ place }), inputs({ place: { row: 1 } }))).toEqual({ changes: true, replaces: [] });
  expect(diff(toy, inputs({ place }), inputs({ place: { row: 2 } })).replaces).toHaveLength(1);
});

test("diff: an unknown value is a change, and in an input that replaces, a replacement", () => {
  expect(diff(toy, inputs({ color: "red" }), inputs({ color: unknown }))).toEqual({ changes: true, replaces: [] });
  expect(diff(toy, inputs(), inputs({ name: unknown })).replaces).toEqual(["name"]);
  expect(diff(toy, inputs({ place: { row: 1 } }), inputs({ place: { row: unknown } })).replaces).toHaveLength(1);
  expect(diff(toy, inputs({ place: { row: 1 } }), inputs({ place: unknown })).changes).toBe(true);
});
