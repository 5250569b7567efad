import { markOf } from "../../core/mark";
import type { Chains } from "../../tools/iptables/restore";
import { iptablesChain } from "../firewall/iptables-chain";
import { isBuiltIn } from "../firewall/iptables-chains";
import { commentOf } from "../firewall/iptables-place";
import { iptablesRule, ruleWords } from "../firewall/iptables-rule";
import { nodeTables } from "./iptables-node";
import { servicePort } from "./iptables-service";
import { isOfFamily, type Node } from "./node";
import type { Planned } from "./plan";
import { portals } from "./portals";
import { type Family, nodeGroup, type Part } from "./table-parts";

export type Table = "filter" | "nat";

export interface PlannedRule {
  readonly words: readonly string[];
  readonly comment: string;
  readonly priority: number;
  readonly isFirst: boolean;
}

export interface IptablesPart extends Part {
  readonly layer: "iptables";
  readonly family: Family;
  readonly table: Table;
  readonly chain: string;
  /** Is it the chain, with all that is in it if `isExclusive`? Else it is the rules of a chain that have one comment. */
  readonly isChain: boolean;
  /** Has the chain rules of this service alone? */
  readonly isExclusive: boolean;
  readonly mark: string;
  readonly rules: readonly PlannedRule[];
}

export type IptablesKernel = Readonly<Record<Family, Chains>>;

/** What the ledger calls a chain. */
export function claimOf(named: { family: Family; table: Table; name: string; netns: string | undefined }): string {
  return `IptablesChain ${iptablesChain.id({ ...named, owner: "" })}`;
}

/** Mode iptables: chains of services, chains of the node, and rules in those and in the kernel's own. */
export function iptablesPlan(node: Node, owner: string): IptablesPart[] {
  return node.families.toSorted().flatMap((family) => planOf(node, owner, family));
}

/** The chains that all services share, and rules in them and in the kernel's own. */
export function nodeParts(objects: readonly Planned[], family: Family, owner: string): IptablesPart[] {
  return partsOf(objects, nodeGroup(family), owner, () => false);
}

function planOf(node: Node, owner: string, family: Family): IptablesPart[] {
  const tables = nodeTables(family);
  const ofNode = tables.objects.length;
  const nodeChains = new Set(chainNames(tables.objects));
  const parts = nodeParts(tables.objects, family, owner);
  let done = ofNode;
  for (const portal of portals(node, isOfFamily(family))) {
    servicePort(tables, portal);
    const objects = tables.objects.slice(done);
    done = tables.objects.length;
    parts.push(...partsOf(objects, portal.service.name, owner, (name) => !nodeChains.has(name)));
  }
  return parts;
}

function chainNames(objects: readonly Planned[]): string[] {
  return objects.filter(({ kind }) => kind === "IptablesChain").map(({ inputs }) => chainKey(inputs));
}

function chainKey({ table, chain, name = chain }: Planned["inputs"]): string {
  return `${table} ${name}`;
}

function partsOf(
  objects: readonly Planned[],
  group: string,
  owner: string,
  isExclusiveChain: (chain: string) => boolean,
): IptablesPart[] {
  const parts = new Map<string, IptablesPart & { rules: PlannedRule[] }>();
  for (const { kind, inputs } of objects) {
    const { family, table, chain, name = chain } = inputs as Record<string, string> & { family: Family; table: Table };
    const isAlone = isExclusiveChain(chainKey(inputs)) && !isBuiltIn(table, name ?? "");
    const isChain = kind === "IptablesChain" || isAlone;
    const rule = kind === "IptablesRule" ? plannedRule(inputs, owner) : undefined;
    const what = isChain ? `chain ${name} of ${table}` : `rules "${rule?.comment}" in chain ${name} of ${table}`;
    const key = `${what}, ${family}`;
    const part = parts.get(key) ?? {
      ...{
        layer: "iptables",
        key,
        group,
        text: "",
        family,
        table,
        chain: name ?? "",
        isChain,
        isExclusive: isAlone,
        mark: markOf(owner),
        rules: [],
      },
    };
    parts.set(key, part);
    if (rule) part.rules.push(rule);
  }
  return [...parts.values()].map((part) => {
    const rules = part.rules.toSorted((one, other) => one.priority - other.priority);
    return { ...part, rules, text: JSON.stringify(rules) };
  });
}

function plannedRule(inputs: Planned["inputs"], owner: string): PlannedRule {
  const { shape } = iptablesRule.args;
  const parsed = Object.entries(inputs).map(([key, value]) => [key, shape[key as keyof typeof shape].parse(value)]);
  const args = { position: "append", ...Object.fromEntries(parsed), owner };
  return {
    words: ruleWords(args),
    comment: commentOf(args),
    priority: args.priority,
    isFirst: args.position === "insert",
  };
}
