import { readFileSync } from "node:fs";
import { join } from "node:path";
import { check, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { kinds } from "../../provider/src/kinds";

/** States that were recorded before kinds got newer inputs. */
const states = JSON.parse(readFileSync(join(__dirname, "../fixtures/recorded-states.json"), "utf8"));

test.each(Object.keys(states))("%s: an older state shows no difference", (type) => {
  const kind = kinds[type];
  if (!kind) throw new Error(`there is no kind ${type}`);
  const recorded: Values = { ...states[type], owner: "project/stack/resource" };
  const request = Object.fromEntries(Object.entries(recorded).filter(([key]) => key in kind.args.shape));
  const { inputs, failures } = check(kind, request);
  expect(failures).toEqual([]);
  expect(diff(kind, recorded, inputs)).toEqual({ changes: false, replaces: [] });
});
