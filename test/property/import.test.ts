import fc from "fast-check";
import { check, type Values } from "../../provider/src/core/check";
import { identity } from "../../provider/src/core/import";
import { LocalnetError } from "../../provider/src/errors";
import { kinds } from "../../provider/src/kinds";
import { owner, sample } from "../unit/support/samples";
import { anything, kindOf, text } from "./support/inputs";

const types = Object.keys(kinds).filter((type) => kinds[type]?.imports);

/** The id of an object with only the inputs that identify it. */
function idFrom(type: string, named: Values): string {
  return kindOf(type).id(check(kindOf(type), { ...sample(type), netns: undefined, ...named }).inputs);
}

test("all kinds can be imported, except ServiceTable, Probe and WireguardKey", () => {
  expect(Object.keys(kinds).filter((type) => !types.includes(type))).toEqual(["WireguardKey", "ServiceTable", "Probe"]);
});

test.each(types)("%s: an id identifies the inputs that it was made from", (type) => {
  fc.assert(
    fc.property(anything(type), (values) => {
      const { inputs, failures } = check(kindOf(type), values);
      if (failures.length > 0) return;
      const id = kindOf(type).id(inputs);
      const named = kindOf(type).imports?.parse(id) as Values;
      expect(named).toBeDefined();
      expect(idFrom(type, named)).toBe(id);
    }),
    { numRuns: 300 },
  );
});

test.each(types)("%s: a text is refused, or is an id that prints again as the same", (type) => {
  const near = text.map((each) => `${kindOf(type).id(check(kindOf(type), sample(type)).inputs)}${each}`);
  fc.assert(
    fc.property(fc.oneof(text, near), (id) => {
      let named: Values;
      try {
        named = identity(kindOf(type), id, owner);
      } catch (error) {
        expect(error).toBeInstanceOf(LocalnetError);
        expect(error).toMatchObject({ code: "LN_INPUT" });
        return;
      }
      const again = idFrom(type, named);
      expect(identity(kindOf(type), again, owner)).toEqual(named);
    }),
    { numRuns: 300 },
  );
});
