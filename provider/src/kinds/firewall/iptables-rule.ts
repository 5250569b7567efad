import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { isValues } from "../../core/compare";
import { defineKind, inNetns } from "../../core/kind";
import { withoutUndefined } from "../../core/values";
import { withLock } from "../../host/lock";
import { at, number32, parseAt, printable } from "../../schema/fields";
import { backendOf, type Chain, movedBackend, refuseMix, savedRules } from "../../tools/iptables/backend";
import { deleteRules, parseSaved, type Rule, readChain, splitWords } from "../../tools/iptables/iptables";
import { chainName, family, type Table, table } from "./iptables-chains";
import { type MatchArgs, rulesOf } from "./iptables-check";
import { matchArgs, matches } from "./iptables-matches";
import { adoptable, commentOf, isBehind, isOurs, ownerOf, type Placing, placeRule } from "./iptables-place";
import { inputOf, inputsOf, optionsIn } from "./iptables-read";
import { type TargetArgs, targetArgs } from "./iptables-target-args";
import { fixedWords, targetOptions } from "./iptables-targets";

export const iptablesRule = defineKind({
  type: "IptablesRule",
  summary: 'A rule in a chain of iptables or ip6tables. In a match, a leading "! " negates.',
  args: {
    /** IP version: ipv4 (iptables) or ipv6 (ip6tables). */
    family,
    /** Table that the chain is in. */
    table,
    /** Chain, which must exist: FORWARD, POSTROUTING or a user-defined one. */
    chain: chainName.meta({ replace: true, reference: "name", of: "IptablesChain" }),
    ...inNetns,
    /** Where a new rule is added to the chain: "append" at the end, "insert" at the beginning. */
    position: z
      .enum(["append", "insert"], { error: "must be append or insert" })
      .default("append")
      .meta({ replace: true }),
    /**
     * Position among the rules of the same program in the chain: the lowest number comes first, independent of other rules.
     * Default: no particular position.
     */
    priority: number32.optional(),
    ...matchArgs,
    ...targetArgs,
    /** Comment. The mark of the resource is added to it. */
    comment: printable.max(100, "must be at most 100 characters").min(1, "must not be empty").optional(),
  },
  outputs: {
    /** The rule as `iptables -S` prints it. */
    canonical: z.string(),
    /** Backend that has the rule: nf_tables, or legacy. */
    backend: z.enum(["nf_tables", "legacy"]),
  },
  needs: ["iptables", "nsenter"],
  /** `FAMILY/TABLE/CHAIN/RESOURCE@NETNS` with the name of the resource */
  id: ({ family, table, chain, owner, netns }) => at(`${family}/${table}/${chain}/${owner.split("/").pop()}`, netns),

  rules: rulesOf,

  async observe(host, args, recorded) {
    const chain = chainOf(args);
    const backend = await backendOf(host, args.family);
    const { rules, legacyTables } = await readChain(host, chain);
    if (!recorded && (backend === "legacy" || legacyTables)) await refuseMix(host, chain, backend);
    const marked = rules.filter((rule) => isOurs(rule, args.owner));
    const imported = recorded?.imported ? rules.find(({ text }) => text === recorded.canonical) : undefined;
    const ours = imported && marked.length === 0 ? [imported] : marked;
    const former = recorded?.backend !== backend ? recorded?.backend : undefined;
    const elsewhere = former
      ? (await readChain(host, { ...chain, backend: former })).rules.filter((rule) => isOurs(rule, args.owner))
      : [];
    const [rule] = [...ours, ...elsewhere];
    if (!rule) return undefined;
    return {
      owner: ownerOf(rule, args.owner),
      inputs: {
        ...changed(args, [...ours, ...elsewhere], recorded?.canonical),
        ...(recorded?.canonical !== undefined && isBehind(rules, rule, args) && { priority: undefined }),
      },
      outputs: { canonical: rule.text, backend: ours.length ? backend : former },
      detail: { rules, ours, elsewhere },
    };
  },

  async ensure(host, args, observed, recorded) {
    const { detail, outputs } = observed ?? {};
    if (detail?.elsewhere.length) throw movedBackend(args.family, recorded?.backend);
    const isAsWritten = recorded && detail?.ours.length === 1 && outputs?.canonical === recorded.canonical;
    const isInPlace = observed && !("priority" in observed.inputs);
    if (isAsWritten && isInPlace && observed.owner === args.owner && isSameRule(args, recorded)) return;
    const rule = ruleWords(args);
    const chain = chainOf(args);
    const taken = observed && observed.owner !== args.owner ? outputs?.canonical : undefined;
    const adopted =
      taken ?? (args.adopt && recorded?.canonical === undefined ? await adoptable(host, chain, args, rule) : undefined);
    // A new rule without a priority does not need to read the chain.
    const known = adopted ? undefined : (detail?.rules ?? (args.priority === undefined ? [] : undefined));
    const write = () => placeRule(host, chain, args, rule, known, adopted);
    // Places are given as numbers, so rules take turns. Programs of other kinds do not, so the place is read back all the
    // same.
    await (known?.length === 0 ? write() : withLock(host, { netns: args.netns, what: "IptablesRule" }, write));
    // Reading the rule shows how iptables prints it.
    return { outputs: { canonical: undefined } };
  },

  async remove(host, args, { detail: { ours, elsewhere } }) {
    await deleteRules(host, chainOf(args), ours);
    await deleteRules(host, { ...chainOf(args), backend: args.backend }, elsewhere);
  },

  imports: {
    parse(id) {
      const { name, netns } = parseAt(id);
      const [, family, table, chain] = /^([^/]+)\/([^/]+)\/([^/]+)\/./.exec(name) ?? [];
      return chain === undefined ? undefined : ({ family, table, chain, netns } as { chain: string });
    },
    async list(host, netns) {
      const of = async (family: "ipv4" | "ipv6") => {
        const rules = parseSaved(await savedRules(host, netns, family));
        return rules.map(({ table, chain, number }) => ({ id: at(`${family}/${table}/${chain}/${number}`, netns) }));
      };
      return [...(await of("ipv4")), ...(await of("ipv6"))];
    },
    /** A rule that is not ours has no name; its id has its number in the chain instead, from 1. */
    async locate(host, args, id) {
      const { rules } = await readChain(host, chainOf(args));
      const number = /\/([1-9]\d*)(@|$)/.exec(id)?.[1];
      const rule = rules.find((each) => isOurs(each, args.owner)) ?? rules[Number(number) - 1];
      const backend = await backendOf(host, args.family);
      return rule && { ...args, ...inputsOf(rule), canonical: rule.text, backend };
    },
    inputs: (args) => args,
  },
});

interface RuleArgs extends Placing, TargetArgs, MatchArgs {
  readonly family: "ipv4" | "ipv6";
  readonly table: Table;
  readonly chain: string;
  readonly netns?: string | undefined;
}

function chainOf({ netns, family, table, chain }: RuleArgs): Chain {
  return { netns, family, table, chain };
}

export function ruleWords(args: RuleArgs): string[] {
  const wordsOf = (all: typeof matches | typeof targetOptions) =>
    Object.entries(all).flatMap(([key, { argv }]) => {
      const value = args[key as keyof typeof all];
      return value === undefined ? [] : argv((isValues(value) ? withoutUndefined(value) : value) as never, args.family);
    });
  const [words, options] = [wordsOf(matches), wordsOf(targetOptions)];
  const jump = args.target === "" ? [] : ["-j", args.target, ...(fixedWords.get(args.target) ?? []), ...options];
  return [...words, "-m", "comment", "--comment", commentOf(args), ...jump];
}

/** A recorded rule that somebody changed is in iptables' words, and differs from every wanted one. */
function isSameRule(args: RuleArgs, recorded: RuleArgs): boolean {
  const keys = [...Object.keys(matches), ...Object.keys(targetOptions), "target", "comment", "priority"];
  return (keys as (keyof RuleArgs)[]).every((key) => isDeepStrictEqual(args[key], recorded[key]));
}

/** The inputs in which the chain differs from the written rule. If no given input differs, `target` holds the whole rule. */
function changed(args: RuleArgs, rules: readonly Rule[], written: string | undefined): Record<string, unknown> {
  const [rule] = rules;
  const all = { target: rules.map(({ text }) => text).join("; ") };
  if (rules.length !== 1 || !rule) return all;
  if (written === undefined || written === rule.text) return {};
  const inputs = changedInputs(args, rule, written);
  const given = Object.keys(inputs).some((key) => args[key as keyof RuleArgs] !== undefined);
  return given ? inputs : { ...inputs, ...all };
}

/**
 * The inputs whose options differ from those when the rule was written, in iptables' words: it prints many options in its
 * own way.
 */
function changedInputs(args: RuleArgs, rule: Rule, written: string): Record<string, string | undefined> {
  const [now, then] = [optionsIn(rule.words), optionsIn(splitWords(written).slice(2))];
  const different = [...new Set([...now.keys(), ...then.keys()])].filter(
    (name) => name !== "-m" && now.get(name) !== then.get(name),
  );
  return Object.fromEntries(different.map((name) => [inputOf(name, args) ?? "target", now.get(name)]));
}
