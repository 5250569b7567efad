import { check, type Values } from "../../../provider/src/core/check";
import { kinds } from "../../../provider/src/kinds";
import { inputsOf } from "../../../provider/src/kinds/firewall/iptables-read";
import type { Saved } from "../../fixtures/kube-proxy/recorded";

/** A resource that a component made. */
export interface Made {
  readonly kind: string;
  readonly name: string;
  readonly inputs: Values;
}

/** The rules of a chain, in order. Rules of the same priority have no order, and are in one list. */
type Rules = Values[][];

/** A table: its user-defined chains, and the rules by chain. */
interface Table {
  readonly chains: string[];
  readonly rules: Record<string, Rules>;
}

/** The kernel stores a probability in 31 bits. */
const bits = 2 ** 31;

/** The inputs of a rule without its place, as read from the output of iptables. */
function ruleOf({ priority: _, position: __, family: ___, table: ____, owner: _____, ...inputs }: Values): Values {
  const { probability } = (inputs.statistic ?? {}) as { probability?: number };
  const rule = {
    ...inputs,
    ...(/^icmp6?-port-unreachable$/.test(String(inputs.rejectWith)) && { rejectWith: undefined }),
    ...(probability !== undefined && { statistic: (Math.round(probability * bits) / bits).toFixed(9) }),
  };
  return JSON.parse(JSON.stringify(rule));
}

function sorted(rules: readonly Values[]): Values[] {
  const text = (rule: Values) => JSON.stringify(Object.entries(rule).sort());
  return rules.toSorted((one, other) => (text(one) < text(other) ? -1 : 1));
}

/** The inputs as the provider has them, without those that it refuses. */
export function checked({ kind, name, inputs }: Made): Made {
  const result = check(kinds[kind] as (typeof kinds)[string], { owner: `p/s/${name}`, ...inputs });
  expect({ name, failures: result.failures }).toEqual({ name, failures: [] });
  return { kind, name, inputs: result.inputs };
}

/** The tables of an IP version that resources make. */
export function tablesOf(objects: readonly Made[], family: string): Record<string, Table> {
  const result: Record<string, Table> = {};
  const rulesAndChains = objects.filter(({ kind }) => kind.startsWith("Iptables"));
  const ours = rulesAndChains.map(checked).filter(({ inputs }) => inputs.family === family);
  const place = ({ inputs }: Made) => Number(inputs.priority ?? -1);
  let last: Values = {};
  for (const { kind, inputs } of ours.toSorted((one, other) => place(one) - place(other))) {
    const { chains, rules } = entry(result, String(inputs.table), { chains: [], rules: {} });
    if (kind === "IptablesChain") chains.push(String(inputs.name));
    else {
      const groups = entry(rules, String(inputs.chain), []);
      last = groups.at(-1)?.[0] ?? {};
      if (last.priority === inputs.priority) groups.at(-1)?.push(inputs);
      else groups.push([inputs]);
    }
  }
  for (const { chains, rules } of Object.values(result)) {
    chains.sort();
    for (const [chain, groups] of Object.entries(rules)) rules[chain] = groups.map((each) => sorted(each.map(ruleOf)));
  }
  return result;
}

function entry<T>(of: Record<string, T>, key: string, empty: T): T {
  of[key] ??= empty;
  return of[key];
}

/** The recorded tables in the same form. Rules whose order `ours` leaves open are in one list. */
export function tablesAs(saved: Record<string, Saved>, ours: Record<string, Table>): Record<string, Table> {
  const tables = Object.entries(saved).map(([table, { chains, rules }]): [string, Table] => {
    const byChain: Record<string, Values[]> = {};
    for (const rule of rules) {
      const chain = rule.text.split(" ")[1] ?? "";
      entry(byChain, chain, []).push(ruleOf({ chain, ...inputsOf(rule) }));
    }
    const grouped = Object.entries(byChain).map(([chain, all]): [string, Rules] => {
      const sizes = ours[table]?.rules[chain]?.map(({ length }) => length) ?? [];
      const groups = sizes.map((size) => sorted(all.splice(0, size)));
      return [chain, all.length ? [...groups, all] : groups];
    });
    return [table, { chains: [...chains], rules: Object.fromEntries(grouped) }];
  });
  return Object.fromEntries(tables);
}
