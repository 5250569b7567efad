import { markOf } from "../../core/mark";
import { LocalnetError } from "../../errors";
import { deletable, type Rule } from "../../tools/iptables/iptables";
import { markIn, priorityIn, textOf } from "../firewall/iptables-place";
import { claimOf, type IptablesKernel, type IptablesPart, type PlannedRule, type Table } from "./table-iptables-plan";
import type { Change, Family } from "./table-parts";

/** The chains of a table that are ours, there, and not wanted. */
function goingChains(
  { kernel, wanted, former, claimed, netns }: Change<IptablesPart, IptablesKernel>,
  family: Family,
  table: Table,
): Set<string> {
  const chainsOf = (parts: readonly IptablesPart[]) =>
    new Set(
      parts.flatMap((part) => (part.family === family && part.table === table && part.isChain ? [part.chain] : [])),
    );
  const [wantedChains, formerChains] = [chainsOf(wanted), chainsOf(former)];
  const names = [...kernel[family].keys()].flatMap((place) =>
    place.startsWith(`${table} `) ? [place.slice(table.length + 1)] : [],
  );
  const isOurs = (name: string) => formerChains.has(name) || claimed.has(claimOf({ family, table, name, netns }));
  return new Set(names.filter((name) => !wantedChains.has(name) && isOurs(name)));
}

/** What iptables-restore is told of one table. */
export function commandsFor(change: Change<IptablesPart, IptablesKernel>, family: Family, table: Table): string[][] {
  const { kernel, wanted, changed, owner, owners } = change;
  const parts = wanted.filter((part) => part.family === family && part.table === table);
  const byChain = new Map<string, IptablesPart[]>();
  for (const part of parts) byChain.set(part.chain, [...(byChain.get(part.chain) ?? []), part]);
  const wantedChains = new Set(parts.filter(({ isChain }) => isChain).map(({ chain }) => chain));
  const marks = new Set([owner, ...owners].map(markOf));
  const made: string[][] = [];
  const taken: string[][] = [];
  const written: string[][] = [];
  const gone = goingChains(change, family, table);
  for (const name of wantedChains) if (!kernel[family].has(`${table} ${name}`)) made.push(["-N", name]);
  const places = new Set([...kernel[family].keys()].filter((place) => place.startsWith(`${table} `)));
  for (const name of byChain.keys()) places.add(`${table} ${name}`);
  for (const place of places) {
    const name = place.slice(table.length + 1);
    const rules = kernel[family].get(place) ?? [];
    const inChain = byChain.get(name) ?? [];
    const exclusive = inChain.find(({ isExclusive }) => isExclusive);
    // Of a chain of the node whose rules are in disorder, all of ours are written again.
    const isAnew = inChain.some(({ key, isChain, isExclusive }) => isChain && !isExclusive && changed.has(key));
    const comments = new Map(inChain.flatMap((part) => part.rules.map(({ comment }) => [comment, part] as const)));
    const goes = (rule: Rule) => {
      if (exclusive) return changed.has(exclusive.key);
      if (gone.has(name) && !isNodeChain(name)) return true;
      const part = comments.get(textOf(rule) ?? "");
      if (part && !isAnew) return changed.has(part.key);
      return marks.has(markIn(rule)?.mark ?? "");
    };
    const standing = rules.filter((rule) => !goes(rule)).map((rule) => ({ place: priorityIn(rule, markOf(owner)) }));
    for (const rule of rules) if (goes(rule)) taken.push(["-D", name, ...deletable(rule.words)]);
    const due = inChain.filter(({ key }) => isAnew || changed.has(key)).flatMap((part) => part.rules);
    // In the order of their places most are appended: to insert a rule takes the longer the more there are.
    for (const rule of due.toSorted((one, other) => one.priority - other.priority))
      written.push(insertion(name, rule, standing));
  }
  return [...made, ...taken, ...written, ...[...gone].map((name) => ["-X", name])];
}

interface Standing {
  readonly place: number | undefined;
}

/** The command that puts a rule into its place among those that stand; it stands there from then on. */
function insertion(chain: string, { words, priority, isFirst }: PlannedRule, standing: Standing[]): string[] {
  const above = standing.findIndex(({ place }) => place !== undefined && place > priority);
  const last = standing.findLastIndex(({ place }) => place !== undefined && place <= priority) + 1;
  const index = above >= 0 ? above : last > 0 ? last : isFirst ? 0 : standing.length;
  const isEnd = index === standing.length;
  standing.splice(index, 0, { place: priority });
  return isEnd ? ["-A", chain, ...words] : ["-I", chain, String(index + 1), ...words];
}

/** Throws when rules of others keep a chain that is to go. */
export function requireFree(change: Change<IptablesPart, IptablesKernel>, family: Family, table: Table): void {
  const { kernel, owner, owners } = change;
  const going = goingChains(change, family, table);
  if (going.size === 0) return;
  const marks = new Set([owner, ...owners].map(markOf));
  const others = [...kernel[family]].flatMap(([place, rules]) => {
    const [in_, name = ""] = place.split(" ");
    if (in_ !== table) return [];
    const isOurs = (rule: Rule) => marks.has(markIn(rule)?.mark ?? "");
    const keeps = ({ words }: Rule) =>
      words.some((word, index) => /^-[jg]$/.test(words[index - 1] ?? "") && going.has(word));
    return rules.filter((rule) => !isOurs(rule) && (going.has(name) ? isNodeChain(name) : keeps(rule)));
  });
  if (others.length === 0) return;
  const most = 3;
  const more = others.length > most ? `, and ${others.length - most} more` : "";
  const texts = others.slice(0, most).map(({ text }) => text);
  throw new LocalnetError(
    "LN_BUSY",
    `rules of others are in chains of table ${table}, or jump to them: ${texts.join("; ")}${more}`,
    {
      hint: "delete these rules first",
    },
  );
}

/** What is in the chains of a service is the service's; what is in those of the node may be anybody's. */
function isNodeChain(name: string): boolean {
  return !/^KUBE-(SVC|SVL|EXT|SEP)-[A-Z2-7]{16}$/.test(name);
}
