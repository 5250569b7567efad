import fc from "fast-check";
import { check, hasUnknown, type Values } from "../../provider/src/check";
import { kinds } from "../../provider/src/kinds";
import { diff } from "../../provider/src/lifecycle";
import { RecordingHost } from "../unit/support/recording";
import { sample, samples } from "../unit/support/samples";
import { control, expectHarmless, trickyTexts } from "./support/words";

const types = Object.keys(kinds);
const kindOf = (type: string) => kinds[type] as NonNullable<(typeof kinds)[string]>;

const tricky = fc.constantFrom(...trickyTexts);
const text = fc.oneof(
  tricky,
  tricky,
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.stringMatching(/^[!-]? ?[a-z0-9./:@+-]{0,16}$/),
);
const value = fc.oneof(
  { weight: 6, arbitrary: text },
  fc.integer(),
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.constant(undefined),
);

/** A kind's sample in which some inputs, also of a nested object, are anything. */
function anything(type: string): fc.Arbitrary<Values> {
  const keys = Object.keys(kindOf(type).args.shape).filter((key) => !["owner", "host", "ready"].includes(key));
  // Mostly one at a time: of several, one is usually refused, and then the others prove nothing.
  const one = fc.tuple(fc.constantFrom(...keys), value).map(([key, each]) => ({ [key]: each }));
  const several = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 });
  const some = fc.oneof({ weight: 4, arbitrary: one }, several);
  const peer =
    type === "VethPair"
      ? fc.dictionary(fc.constantFrom("name", "netns", "master", "mac", "addresses"), value)
      : fc.constant({});
  return fc.tuple(some, peer).map(([values, far]) => {
    const base = sample(type, values);
    return type === "VethPair" && !("peer" in values) ? { ...base, peer: { ...(base.peer as Values), ...far } } : base;
  });
}

test.each(types)("%s: what check accepts, it accepts again and leaves as it is", (type) => {
  fc.assert(
    fc.property(anything(type), (values) => {
      const first = check(kindOf(type), values);
      if (first.failures.length > 0 || hasUnknown(values)) return;
      expect(check(kindOf(type), first.inputs)).toEqual({ inputs: first.inputs, failures: [] });
    }),
    { numRuns: 300 },
  );
});

test.each(types)("%s: nothing differs from itself", (type) => {
  fc.assert(
    fc.property(anything(type), (values) => {
      const { inputs, failures } = check(kindOf(type), values);
      if (failures.length > 0) return;
      const copy = JSON.parse(JSON.stringify(inputs)) as Values;
      expect(diff(kindOf(type), copy, inputs)).toEqual({ changes: false, replaces: [] });
    }),
    { numRuns: 200 },
  );
});

/** Kinds whose inputs end up in the command line of a tool; those of Process and Probe's exec are commands by themselves. */
const spoken = types.filter((type) => !["Process", "Probe"].includes(type));

test.each(spoken)("%s: nothing that check accepts becomes an option, a second word or a second line", (type) => {
  return fc.assert(
    fc.asyncProperty(anything(type), (values) => harmless(type, values)),
    { numRuns: 300 },
  );
});

test.each(spoken)("%s: none of the tricky texts does, in any input", async (type) => {
  const keys = Object.keys(kindOf(type).args.shape).filter((key) => !["owner", "host"].includes(key));
  for (const key of keys) {
    for (const each of trickyTexts) {
      const peer = { ...((samples[type]?.peer ?? {}) as Values), [key]: each };
      for (const change of [{ [key]: each }, { [key]: [each] }, { [key]: { [each]: each } }, { peer }]) {
        await harmless(type, sample(type, change));
      }
    }
  }
});

/** Fails when an accepted value is more in a command line than a value. */
async function harmless(type: string, values: Values): Promise<void> {
  const { inputs, failures } = check(kindOf(type), values);
  if (failures.length > 0) return;
  const host = new RecordingHost();
  await kindOf(type)
    .ensure(host, inputs, undefined, undefined)
    .catch(() => undefined);
  for (const input of host.inputs) expect((input ?? "").replace(/\n$/, "")).not.toMatch(control);
  for (const argv of host.commands)
    for (const [index, word] of argv.entries()) expectHarmless(word, argv[index - 1] ?? "");
}
