import { requireTools } from "../../host/requirements";
import { backendOf, refuseMix, savedRules } from "../../tools/iptables/backend";
import type { Rule } from "../../tools/iptables/iptables";
import { parseChains, restoreTables } from "../../tools/iptables/restore";
import { markIn, priorityIn, textOf } from "../firewall/iptables-place";
import { commandsFor, requireFree } from "./table-iptables-change";
import { claimOf, type IptablesKernel, type IptablesPart } from "./table-iptables-plan";
import type { Change, Family, Layer } from "./table-parts";

const families = ["ipv4", "ipv6"] as const;
const tables = ["filter", "nat"] as const;

/** Chains of iptables, and their rules. */
export const iptablesLayer: Layer<IptablesPart, IptablesKernel> = {
  async read(host, netns, wanted) {
    await requireTools(host, ["iptables", "nsenter"]);
    const read = async (family: Family) =>
      parseChains(wanted.includes(family) ? await savedRules(host, netns, family) : "");
    const [ipv4, ipv6] = await Promise.all([read("ipv4"), read("ipv6")]);
    return { ipv4, ipv6 };
  },

  linesOf(kernel, part) {
    const rules = kernel[part.family].get(placeOf(part));
    if (part.isChain)
      return (
        rules && (part.isExclusive ? rules.map(({ text }) => text) : [isInOrder(rules, part) ? "" : "out of order"])
      );
    const partRules = rulesOf(part, rules ?? []);
    if (partRules.length === 0) return undefined;
    return [...partRules.map(({ text }) => text), ...(isBehind(rules ?? [], partRules, part) ? [behind] : [])];
  },

  isWhole(kernel, part, [first, ...others]) {
    const rules = kernel[part.family].get(placeOf(part)) ?? [];
    if (part.isChain && !part.isExclusive) return first === "";
    if (others.at(-1) === behind) return false;
    const partRules = part.isChain ? rules : rulesOf(part, rules);
    return `${partRules.map(textOf)}` === `${part.rules.map(({ comment }) => comment)}`;
  },

  claimOf: ({ isChain, family, table, chain }, netns) =>
    isChain ? claimOf({ family, table, name: chain, netns }) : undefined,

  isThere(kernel, claim) {
    const [, family, table, name] = /^IptablesChain (ipv[46])\/(\w+)\/([^@]+)/.exec(claim) ?? [];
    return kernel[family === "ipv6" ? "ipv6" : "ipv4"].has(`${table} ${name}`);
  },

  requireFree(change) {
    for (const family of families) for (const table of tables) requireFree(change, family, table);
  },

  async change(host, change) {
    for (const [family, changes] of commandsOf(change)) {
      await refuseMix(host, { netns: change.netns, family, table: "filter", chain: "" }, await backendOf(host, family));
      await restoreTables(host, { netns: change.netns, family }, changes);
    }
  },
};

/** What iptables-restore is told of each IP version. */
function commandsOf(change: Change<IptablesPart, IptablesKernel>) {
  return families.flatMap((family) => {
    const changes = new Map(tables.map((table) => [table, commandsFor(change, family, table)]));
    return [...changes.values()].flat().length > 0 ? [[family, changes] as const] : [];
  });
}

function placeOf({ table, chain }: IptablesPart): string {
  return `${table} ${chain}`;
}

function rulesOf({ rules }: IptablesPart, all: readonly Rule[]): Rule[] {
  const comment = rules[0]?.comment;
  return all.filter((rule) => textOf(rule) === comment);
}

/** Do our rules stand in the order of their places? */
function isInOrder(rules: readonly Rule[], { mark }: IptablesPart): boolean {
  const places = rules.flatMap((rule) => (markIn(rule)?.mark === mark ? (priorityIn(rule, mark) ?? []) : []));
  return places.every((place, index) => index === 0 || (places[index - 1] ?? 0) <= place);
}

const behind = "behind a rule that it should precede";

/** Does a rule of ours stand behind another of the program that has a higher priority number? */
function isBehind(rules: readonly Rule[], partRules: readonly Rule[], { mark }: IptablesPart): boolean {
  const place = (rule: Rule) => priorityIn(rule, mark) ?? 0;
  return partRules.some((rule) =>
    rules.slice(0, rules.indexOf(rule)).some((other) => markIn(other)?.mark !== mark && place(other) > place(rule)),
  );
}
