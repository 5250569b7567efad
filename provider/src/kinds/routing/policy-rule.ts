import { isDeepStrictEqual } from "node:util";
import { defineKind } from "../../core/kind";
import type { Host } from "../../host";
import { at, parseAt } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { protocol } from "../../tools/ip/routes";
import { known, type RuleEntry, showRules } from "../../tools/ip/rules";
import {
  actionNumbers,
  actions,
  canonicalMark,
  type PolicyRuleArgs,
  policyRuleArgs,
  policyRuleRules,
  versionOf,
} from "./policy-rule-args";

export const policyRule = defineKind({
  type: "PolicyRule",
  summary: "A rule of policy routing (`ip rule`): which packets use which routing table.",
  args: policyRuleArgs,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `PRIORITY@NETNS`, for IPv6 `ipv6 PRIORITY@NETNS` */
  id: idOf,

  rules: policyRuleRules,

  async observe(host, args) {
    return observedFrom(await showRules(host, args.netns, versionOf(args)), args);
  },

  async ensure(host, args, observed) {
    const former = observed?.detail.rules ?? [];
    const isThere = former.some(({ inputs, made }) => made === protocol && isSame(args, inputs));
    const surplus = former.filter(({ inputs, made }) => made !== protocol || !isSame(args, inputs));
    const add = isThere ? [] : [["rule", "add", ...words(args)]];
    const remove = surplus.map(({ inputs, made }) => ["rule", "del", ...words({ ...key(args), ...inputs }, made)]);
    // The kernel cannot replace a rule. The new rule is added before the old one is deleted, so that packets always meet one
    // of them, unless the kernel takes the new one for the old one.
    const isTaken = former.some(({ inputs }) => isTakenFor(args, inputs));
    await ipAll(host, args.netns, isTaken ? [...remove, ...add] : [...add, ...remove], [familyOption(args)]);
  },

  async remove(host, args, { detail }) {
    const change = detail.rules.map(({ inputs, made }) => ["rule", "del", ...words({ ...key(args), ...inputs }, made)]);
    await ipAll(host, args.netns, change, [familyOption(args)]);
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, six, priority] = /^(ipv6 )?(\d{1,5})$/.exec(name) ?? [];
      if (priority === undefined) return undefined;
      return { priority: Number(priority), family: six ? ("ipv6" as const) : ("ipv4" as const), netns };
    },
    async list(host, netns) {
      const each = await Promise.all([listRules(host, netns, 4), listRules(host, netns, 6)]);
      return each.flat();
    },
  },
});

async function listRules(host: Host, netns: string | undefined, version: 4 | 6) {
  const rules = (await showRules(host, netns, version)).filter((entry) => entry.protocol !== kernelProtocol);
  const family = version === 6 ? "ipv6" : "ipv4";
  return rules.map((entry) => ({
    id: idOf({ priority: entry.priority, family, netns }),
    omit:
      rules.filter(({ priority }) => priority === entry.priority).length > 1
        ? "several rules have its priority"
        : undefined,
  }));
}

/** The protocol number of the kernel's own rules. */
const kernelProtocol = "2";
const administratorProtocols = ["0", "3", "4"];

function idOf({ priority, family, netns }: Key): string {
  return at(family === "ipv6" ? `ipv6 ${priority}` : String(priority), netns);
}

type Key = Pick<PolicyRuleArgs, "priority" | "family" | "netns">;

function key({ priority, family, netns }: Key): Key {
  return { priority, family, netns };
}

/** The rules of one priority: all of ours, since an update that died leaves two; or else one that somebody else made. */
function observedFrom(entries: readonly RuleEntry[], args: Key & Partial<PolicyRuleArgs>) {
  const existing = entries.filter(({ priority }) => priority === args.priority).map(observedRule);
  const ours = existing.filter(({ made }) => made === protocol);
  const rules = ours.length > 0 ? ours : existing.slice(0, 1);
  const best = rules.find(({ inputs }) => isSame(args, inputs)) ?? rules[0];
  return best && { owner: best.owner, inputs: best.inputs, outputs: {}, detail: { rules } };
}

function observedRule(entry: RuleEntry) {
  const { src, srclen, dst, dstlen, iif, oif, fwmark, fwmask, tos, ipproto, table, action, uid_start, uid_end } = entry;
  const span = (one?: number, first?: number, last?: number) => {
    if (one !== undefined || first === last) return (one ?? first)?.toString();
    return `${first}-${last}`;
  };
  const network = (host = "all", length?: number) =>
    host === "all" ? undefined : length === undefined ? host : `${host}/${length}`;
  const suppressed = entry.suppress_prefixlen;
  const inputs = {
    ...{ not: "not" in entry, from: network(src, srclen), to: network(dst, dstlen), iif, oif },
    firewallMark: fwmark === undefined ? undefined : canonicalMark(fwmask ? `${fwmark}/${fwmask}` : fwmark),
    tos: tos === undefined ? undefined : Number(tos),
    ipProtocol: ipproto === undefined ? undefined : Number(ipproto.replace("ipproto-", "")),
    sourcePorts: span(entry.sport, entry.sport_start, entry.sport_end),
    destinationPorts: span(entry.dport, entry.dport_start, entry.dport_end),
    uidRange: span(undefined, uid_start, uid_end),
    table: table === undefined || action !== undefined ? undefined : Number(table),
    action: actions.find((name) => actionNumbers[name] === action),
    suppressPrefixLength: suppressed,
  };
  const strange = Object.keys(entry).find((name) => !known.includes(name));
  return { inputs, made: entry.protocol, owner: ownerOf(entry.protocol, strange) };
}

function ownerOf(made: string, strange: string | undefined): string | null {
  if (strange) return `a rule with ${strange}`;
  if (made === protocol) return null;
  return administratorProtocols.includes(made)
    ? ""
    : made === kernelProtocol
      ? "the kernel"
      : `routing protocol ${made}`;
}

function isSame(wanted: Partial<PolicyRuleArgs>, existing: ReturnType<typeof observedRule>["inputs"]): boolean {
  return Object.entries(existing).every(([name, value]) =>
    isDeepStrictEqual(wanted[name as keyof PolicyRuleArgs], value),
  );
}

/**
 * Does the kernel refuse the new rule because it takes the existing one for the same? It ignores the selectors that the new
 * rule does not have, and "not".
 */
function isTakenFor(wanted: Partial<PolicyRuleArgs>, existing: ReturnType<typeof observedRule>["inputs"]): boolean {
  const alwaysKeys = ["uidRange", "table", "action", "suppressPrefixLength"];
  return Object.entries(existing).every(([name, value]) => {
    const want = wanted[name as keyof PolicyRuleArgs];
    return name === "not" || isDeepStrictEqual(want, value) || (want === undefined && !alwaysKeys.includes(name));
  });
}

function familyOption({ family }: Pick<PolicyRuleArgs, "family">): string {
  return family === "ipv6" ? "-6" : "-4";
}

function words(rule: PolicyRuleArgs, made = protocol): string[] {
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  return [
    ...(rule.not ? ["not"] : []),
    ...["priority", String(rule.priority), "protocol", made],
    ...["from", rule.from ?? "all", ...option("to", rule.to)],
    ...[...option("iif", rule.iif), ...option("oif", rule.oif), ...option("fwmark", rule.firewallMark)],
    ...option("tos", rule.tos === undefined ? undefined : `0x${rule.tos.toString(16)}`),
    ...[...option("ipproto", rule.ipProtocol), ...option("sport", rule.sourcePorts)],
    ...[...option("dport", rule.destinationPorts), ...option("uidrange", spread(rule.uidRange))],
    ...[...option("table", rule.table), ...(rule.action === undefined ? [] : ["type", rule.action])],
    ...option("suppress_prefixlength", rule.suppressPrefixLength),
  ];
}

/** ip accepts only ranges of users. */
function spread(range: string | undefined): string | undefined {
  return range === undefined || range.includes("-") ? range : `${range}-${range}`;
}
