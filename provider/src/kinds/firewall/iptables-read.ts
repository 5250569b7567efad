import { LocalnetError } from "../../errors";
import { optionsOf, type Rule } from "../../tools/iptables/iptables";
import { matches } from "./iptables-matches";
import { commentIn } from "./iptables-place";
import { fixedWords, targetOptions } from "./iptables-targets";
import type { Word } from "./iptables-words";

const words = Object.entries({ ...matches, ...targetOptions }) as unknown as [string, Word<unknown>][];

/** The modules whose options have inputs. Each protocol has a module too. */
const modules = new Set(["comment", "icmp", "icmp6", ...words.flatMap(([, word]) => word.modules ?? [])]);

/** The inputs of each option. If two are printed alike, the one that was given counts. */
const inputNames = new Map<string, readonly string[]>([["--comment", ["comment"]]]);
for (const [key, { options }] of words)
  for (const name of options) inputNames.set(name, [...(inputNames.get(name) ?? []), key]);

/** The input for an option of a rule that was made from these inputs; undefined: there is none. */
export function inputOf(option: string, args: object): string | undefined {
  const keys = inputNames.get(option) ?? [];
  return keys.find((key) => (args as Record<string, unknown>)[key] !== undefined) ?? keys[0];
}

/** The options in the words of a rule; modules that may occur without options are in it as "-m NAME". */
export function optionsIn(words: readonly string[]): Map<string, string> {
  const options = optionsOf(words);
  for (const name of (options.get("-m") ?? "").split(",")) {
    if (inputNames.has(`-m ${name}`)) options.set(`-m ${name}`, "");
  }
  return options;
}

/** The inputs that express a rule, whoever made it: the inverse of the words for iptables. */
export function inputsOf(rule: Rule): Record<string, unknown> {
  const options = optionsIn(rule.words);
  const target = options.get("-j") ?? "";
  const inputs: Record<string, unknown> = { target, ...commentIn(rule) };
  for (const [key, word] of words) {
    if (!word.options.some((name) => options.has(name))) continue;
    const value = word.read(...word.options.map((name) => options.get(name)));
    if (value !== undefined) inputs[key] = value;
  }
  const known = new Set([...inputNames.keys(), "-m", "-j", ...(fixedWords.get(target) ?? [])]);
  const loaded = (options.get("-m") ?? "").split(",").filter(Boolean);
  const strange = [
    ...[...options.keys()].filter((name) => !known.has(name)),
    ...loaded.filter((name) => !modules.has(name)).map((name) => `-m ${name}`),
  ];
  if (strange.length === 0) return inputs;
  throw new LocalnetError("LN_INPUT", `there is no input for ${strange.join(", ")} of the rule ${rule.text}`);
}
