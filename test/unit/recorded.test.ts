import { readFileSync } from "node:fs";
import { join } from "node:path";
import { check, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { kinds } from "../../provider/src/kinds";

/** What the state of a stack says that was brought up before kinds had the inputs that came later. */
const states = JSON.parse(readFileSync(join(__dirname, "../fixtures/recorded-states.json"), "utf8"));

test.each(Object.keys(states))("%s: a state that was recorded before has nothing to change", (type) => {
  const kind = kinds[type];
  if (!kind) throw new Error(`there is no kind ${type}`);
  const recorded: Values = { ...states[type], owner: "project/stack/resource" };
  const request = Object.fromEntries(Object.entries(recorded).filter(([key]) => key in kind.args.shape));
  const { inputs, failures } = check(kind, request);
  expect(failures).toEqual([]);
  expect(diff(kind, recorded, inputs)).toEqual({ changes: false, replaces: [] });
});
