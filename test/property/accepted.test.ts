import fc from "fast-check";
import { check, hasUnknown, type Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { kinds } from "../../provider/src/kinds";
import { RecordingHost } from "../unit/support/recording";
import { sample, samples } from "../unit/support/samples";
import { anything, kindOf } from "./support/inputs";
import { control, expectHarmless, free, trickyTexts } from "./support/words";

const types = Object.keys(kinds);

test.each(types)("%s: check accepts its own result again, and does not change it", (type) => {
  fc.assert(
    fc.property(anything(type), (values) => {
      const first = check(kindOf(type), values);
      if (first.failures.length > 0 || hasUnknown(values)) return;
      expect(check(kindOf(type), first.inputs)).toEqual({ inputs: first.inputs, failures: [] });
    }),
    { numRuns: 300 },
  );
});

test.each(types)("%s: inputs do not differ from themselves", (type) => {
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

/** Kinds whose inputs become words of a tool's command line. Those of Process are a command themselves. */
const spoken = types.filter((type) => type !== "Process");

test.each(spoken)("%s: no accepted value becomes an option, a second word or a second line", (type) => {
  return fc.assert(
    fc.asyncProperty(anything(type), (values) => harmless(type, values)),
    { numRuns: 300 },
  );
});

test.each(spoken)("%s: none of the tricky texts becomes one, in any input", async (type) => {
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

test.each(spoken)("%s: a value that looks like an option is at a place where only a value can be", (type) => {
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

/** Inputs that other inputs need in order to be accepted. */
const options: Record<string, Values> = { logPrefix: { target: "LOG" } };

/** An object with all of its strings replaced. */
function nest(base: unknown, text: string): unknown {
  if (typeof base !== "object" || base === null) return { name: text, url: text, address: text };
  return Object.fromEntries(Object.entries(base).map(([key, each]) => [key, typeof each === "string" ? text : each]));
}

async function spokenLines(type: string, inputs: Values): Promise<string[][]> {
  return (await spoke(type, inputs)).commands;
}

/** Makes an object of a kind on a host that runs nothing. */
async function spoke(type: string, inputs: Values): Promise<RecordingHost> {
  const host = new RecordingHost();
  const once = type === "Probe" ? { attempts: 1, count: 1 } : {};
  await kindOf(type)
    .ensure(host, { ...inputs, ...once }, undefined, undefined)
    .catch(() => undefined);
  return host;
}

/** Fails if an accepted value is more than a value in a command line. */
async function harmless(type: string, values: Values): Promise<void> {
  const { inputs, failures } = check(kindOf(type), values);
  if (failures.length > 0) return;
  const host = await spoke(type, inputs);
  // The user's text is in no command line.
  const texts = ["File", "NftTable"].includes(type) ? [] : host.inputs;
  // What iptables-restore reads is a command a line.
  const isCommands = (text: string) => type === "ServiceTable" && text.startsWith("*");
  const spokenInputs = texts.flatMap((text = "") => (isCommands(text) ? text.split("\n").map(command) : text));
  for (const input of spokenInputs) expect((input ?? "").replace(/\n$/, "")).not.toMatch(control);
  for (const argv of host.commands)
    for (const [index, word] of argv.entries()) expectHarmless(word, argv[index - 1] ?? "");
}

/** A line that iptables-restore reads: all that a table can make of its inputs begins so. */
function command(line: string): string {
  expect(line).toMatch(
    /^(|\*(filter|nat)|COMMIT|-[NXDAI] KUBE-[A-Z0-9-]+( .*)?|-[DAI] (INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING) .*)$/,
  );
  return line;
}

test.each([[""], ["-S"], ["-u", "PATH", "x"], ["LD_PRELOAD=/x", "x"], ["a=b"]])(
  "a command that env would take for its own is refused: %j",
  (...command) => {
    for (const values of [{ command }, { ready: { exec: command } }]) {
      expect(check(kindOf("Process"), sample("Process", values)).failures).toHaveLength(1);
    }
  },
);
