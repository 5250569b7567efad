import { hasCode, LocalnetError } from "../../errors";
import { cached, type Host, type Result } from "../../host";
import { enter } from "../../host/netns";
import { type Chain, iptablesCommand, lockSeconds } from "./backend";
import { changeTable } from "./batch";

/** A rule as iptables prints it: the words after `-A CHAIN`. */
export interface Rule {
  readonly text: string;
  readonly words: string[];
}

/** The contents of a chain. */
interface Listing {
  readonly exists: boolean;
  readonly rules: Rule[];
  /** Of a built-in chain: the verdict for packets that no rule decides. */
  readonly policy?: string | undefined;
  /** Did the backend nf_tables report tables of the other backend? They may be empty. */
  readonly legacyTables: boolean;
}

async function run(host: Host, { netns, family, table, backend }: Chain, args: readonly string[]): Promise<Result> {
  return host.run(enter(netns, [iptablesCommand(family, backend), "-w", lockSeconds, "-t", table, ...args]));
}

export function readChain(host: Host, chain: Chain): Promise<Listing> {
  const { netns = "", family, table, backend = "" } = chain;
  return cached(host, ["rules", netns, family, table, chain.chain, backend].join(" "), () => listChain(host, chain));
}

async function listChain(host: Host, chain: Chain, isAgain = false): Promise<Listing> {
  try {
    const { stdout, stderr } = await run(host, chain, ["-S", chain.chain]);
    const policy = /^-P \S+ (\S+)$/m.exec(stdout)?.[1];
    return { exists: true, rules: parseRules(stdout), policy, legacyTables: hasLegacyWarning(stderr) };
  } catch (error) {
    if (await isMissing(host, chain, error))
      return { exists: false, rules: [], legacyTables: hasLegacyWarning(stderrOf(error)) };
    // Another program may have made it between the two looks.
    if (!isAgain && stderrOf(error).includes(incompatible)) return listChain(host, chain, true);
    throw error;
  }
}

function hasLegacyWarning(stderr: string): boolean {
  return stderr.includes("legacy tables present");
}

function stderrOf(error: unknown): string {
  return (error instanceof LocalnetError && error.command?.stderr) || "";
}

/** The backend nf_tables prints it for a missing chain, and for one with rules that iptables cannot show. */
const incompatible = "is incompatible, use 'nft' tool";

async function isMissing(host: Host, chain: Chain, error: unknown): Promise<boolean> {
  const stderr = stderrOf(error);
  if (stderr.includes("No chain/target/match by that name")) return true;
  if (!stderr.includes(incompatible)) return false;
  const declared = (await run(host, chain, ["-S"])).stdout.split("\n").map((line) => line.split(" "));
  return !declared.some(([option, name]) => option !== "-A" && name === chain.chain);
}

/** Changes a chain with one command, which takes effect completely or not at all. */
export async function changeChain(host: Host, chain: Chain, option: string, ...args: string[]): Promise<void> {
  try {
    await changeTable(host, chain, [option, chain.chain, ...args]);
  } catch (error) {
    const { table, chain: name } = chain;
    if (stderrOf(error).includes("No chain/target/match") && !(await readChain(host, chain)).exists) {
      const hint = `create it first, or name one of table ${table}: names are in capitals as iptables writes them`;
      throw new LocalnetError("LN_MISSING", `there is no chain ${name} in table ${table}`, {
        command: commandOf(error),
        hint,
      });
    }
    const [, , target] = /(Chain '|Couldn't load target `)([^']+)'/.exec(stderrOf(error)) ?? [];
    if (target === undefined) throw error;
    const hint = "create the chain first; if it is an extension, install it";
    throw new LocalnetError("LN_MISSING", `there is no target or chain ${target}`, { command: commandOf(error), hint });
  }
}

function commandOf(error: unknown) {
  return error instanceof LocalnetError ? error.command : undefined;
}

/** Inserts a rule at a position, from 1; false: the chain has become too short. */
export async function insertRule(host: Host, chain: Chain, place: number, words: readonly string[]): Promise<boolean> {
  try {
    await changeChain(host, chain, "-I", String(place), ...words);
    return true;
  } catch (error) {
    if (stderrOf(error).includes("Index of insertion too big")) return false;
    throw error;
  }
}

/** The second error occurs if the rule disappears while the backend nf_tables is deleting it. */
const gone = /does a matching rule exist|RULE_DELETE failed \(No such file or directory\)/;

/**
 * Deletes rules by all their words, never by number. Of identical rules, the first is deleted. A rule that is gone already
 * is not an error.
 */
export async function deleteRules(host: Host, chain: Chain, rules: readonly Rule[]): Promise<void> {
  for (const { words } of rules) {
    try {
      await changeChain(host, chain, "-D", ...deletable(words));
    } catch (error) {
      if (!hasCode(error, "LN_COMMAND") || !gone.test(stderrOf(error))) throw error;
    }
  }
}

/** iptables prints the mask of the match `recent` when it covers all addresses, but does not find the rule with it. */
export function deletable(words: readonly string[]): string[] {
  return words.filter((word, index) => {
    const option = word === "--mask" ? index : index - 1;
    return words[option] !== "--mask" || words[option + 1] !== "255.255.255.255";
  });
}

/** The rules of a table that are in the chain, or jump to it. */
export async function rulesAbout(host: Host, chain: Chain): Promise<string[]> {
  const rules = parseRules((await run(host, chain, ["-S"])).stdout);
  const concerns = ({ text, words }: Rule) => {
    const options = optionsOf(words);
    return text.startsWith(`-A ${chain.chain} `) || [options.get("-j"), options.get("-g")].includes(chain.chain);
  };
  return rules.filter(concerns).map(({ text }) => text);
}

/** Parses the chains in the output of iptables-save. Built-in chains have a policy. */
export function parseDeclared(text: string): { table: string; chain: string; policy: string | undefined }[] {
  let table = "";
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    const [, chain, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    return chain === undefined ? [] : [{ table, chain, policy: policy === "-" ? undefined : policy }];
  });
}

/** The position of each rule in the output of iptables-save: table, chain, and number in the chain from 1. */
export function parseSaved(text: string): { table: string; chain: string; number: number }[] {
  const counts = new Map<string, number>();
  let table = "";
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    const [, chain] = /^-A (\S+)/.exec(line) ?? [];
    if (chain === undefined) return [];
    const number = (counts.get(`${table} ${chain}`) ?? 0) + 1;
    counts.set(`${table} ${chain}`, number);
    return [{ table, chain, number }];
  });
}

export function parseRules(text: string): Rule[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("-A "))
    .map((line) => ({ text: line, words: splitWords(line).slice(2) }));
}

/** Splits a line of `iptables -S`. Words with blanks are quoted, with `\` before `"`, `\` and `'`. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "",
  );
}

/** Options whose value is free text, which may look like an option. */
const texts = new Set(["--comment", "--log-prefix"]);

/** The options in the words of a rule; the value of a negated one starts with "! ". */
export function optionsOf(words: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  let negated = "";
  let option = "";
  for (const word of words) {
    if (word === "!") negated = "! ";
    else if (/^--?[a-z]/.test(word) && !(texts.has(option) && options.get(option) === "")) {
      // -m repeats the name of each match. Two matches of one module differ in their own options.
      option = word;
      options.set(option, option === "-m" ? (options.get("-m") ?? "") : negated);
      negated = "";
    } else
      options.set(
        option,
        [options.get(option), word]
          .filter(Boolean)
          .join(option === "-m" ? "," : " ")
          .replace("!  ", "! "),
      );
  }
  return options;
}
