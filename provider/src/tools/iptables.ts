import { hasCode } from "../errors";
import type { Host } from "../host";
import { enter } from "./ip";

export interface Chain {
  readonly netns: string | undefined;
  readonly family: "ipv4" | "ipv6";
  readonly table: string;
  readonly chain: string;
}

/** Seconds to wait for another program that holds the lock on all rules. */
const lockSeconds = "10";

export async function iptables(host: Host, { netns, family, table }: Chain, ...args: string[]): Promise<string> {
  const command = family === "ipv6" ? "ip6tables" : "iptables";
  return (await host.run(enter(netns, [command, "-w", lockSeconds, "-t", table, ...args]))).stdout;
}

/** A rule as iptables prints it: its words behind `-A CHAIN`, and its place in the chain, from 1. */
export interface Rule {
  readonly text: string;
  readonly words: string[];
  readonly number: number;
}

/** The rules of a chain; none when there is no such chain. */
export async function listRules(host: Host, chain: Chain): Promise<Rule[]> {
  try {
    return parseRules(await iptables(host, chain, "-S", chain.chain));
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && error.ran?.stderr?.includes("No chain/target/match by that name")) return [];
    throw error;
  }
}

export function parseRules(text: string): Rule[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("-A "))
    .map((line, index) => ({ text: line, words: splitWords(line).slice(2), number: index + 1 }));
}

/** The words of a line of `iptables -S`: quoted where they hold blanks, with `\` before `"`, `\` and `'`. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "",
  );
}

/** The options in the words of a rule; a negated one starts with "! ". */
export function optionsOf(words: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  let negated = "";
  let option = "";
  for (const word of words) {
    if (word === "!") negated = "! ";
    else if (/^--?[a-z]/.test(word) && !(option === "--comment" && options.get(option) === "")) {
      // Each match is named once more by -m; two matches of one module differ in their own options.
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
