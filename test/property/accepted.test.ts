import fc from "fast-check";
import { check, hasUnknown, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { kinds } from "../../provider/src/kinds";
import { RecordingHost } from "../unit/support/recording";
import { sample, samples } from "../unit/support/samples";
import { anything, kindOf } from "./support/inputs";
import { control, expectHarmless, free, trickyTexts } from "./support/words";

const types = Object.keys(kinds);

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

/** Kinds whose inputs end up in the command line of a tool; those of Process are a command by themselves. */
const spoken = types.filter((type) => type !== "Process");

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

test.each(spoken)("%s: what looks like an option stands where only a value can", (type) => {
  const keys = Object.keys(kindOf(type).args.shape).filter((key) => !["owner", "host", "command"].includes(key));
  const dashed = fc.oneof(fc.constantFrom("-j", "-n", "--", "-d", "-c"), fc.stringMatching(/^-{1,2}[a-z]{1,9}$/));
  return fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), dashed, async (key, word) => {
      const base = samples[type]?.[key];
      for (const wrap of [(each: string) => each, (each: string) => [each], (each: string) => nest(base, each)]) {
        const { inputs, failures } = check(kindOf(type), sample(type, { ...options[key], [key]: wrap(word) }));
        if (failures.length > 0) continue;
        const expected = check(kindOf(type), sample(type, { ...options[key], [key]: wrap("word") })).inputs;
        const [spoken, otherwise] = [await spokenLines(type, inputs), await spokenLines(type, expected)];
        expect(spoken.map((line) => line.length)).toEqual(otherwise.map((line) => line.length));
        const bad = spoken.flatMap((line, i) =>
          line.filter((each, j) => each.startsWith("-") && each !== otherwise[i]?.[j] && !free.has(line[j - 1] ?? "")),
        );
        expect(bad).toEqual([]);
      }
    }),
    { numRuns: 100 },
  );
});

/** What some inputs need beside them to be accepted. */
const options: Record<string, Values> = { logPrefix: { target: "LOG" } };

/** An object with each of its texts replaced. */
function nest(base: unknown, text: string): unknown {
  if (typeof base !== "object" || base === null) return { name: text, url: text, address: text };
  return Object.fromEntries(Object.entries(base).map(([key, each]) => [key, typeof each === "string" ? text : each]));
}

async function spokenLines(type: string, inputs: Values): Promise<string[][]> {
  return (await spoke(type, inputs)).commands;
}

/** Does to a host that runs nothing what a kind does to make its object. */
async function spoke(type: string, inputs: Values): Promise<RecordingHost> {
  const host = new RecordingHost();
  const once = type === "Probe" ? { attempts: 1, count: 1 } : {};
  await kindOf(type)
    .ensure(host, { ...inputs, ...once }, undefined, undefined)
    .catch(() => undefined);
  return host;
}

/** Fails when an accepted value is more in a command line than a value. */
async function harmless(type: string, values: Values): Promise<void> {
  const { inputs, failures } = check(kindOf(type), values);
  if (failures.length > 0) return;
  const host = await spoke(type, inputs);
  // The user's own text is in no command line.
  const spokenInputs = ["File", "NftTable"].includes(type) ? [] : host.inputs;
  for (const input of spokenInputs) expect((input ?? "").replace(/\n$/, "")).not.toMatch(control);
  for (const argv of host.commands)
    for (const [index, word] of argv.entries()) expectHarmless(word, argv[index - 1] ?? "");
}

test.each([[""], ["-S"], ["-u", "PATH", "x"], ["LD_PRELOAD=/x", "x"], ["a=b"]])(
  "a command that env would take for its own is refused: %j",
  (...command) => {
    for (const values of [{ command }, { ready: { exec: command } }]) {
      expect(check(kindOf("Process"), sample("Process", values)).failures).toHaveLength(1);
    }
  },
);
