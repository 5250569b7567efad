import { isIP } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { at, familyOf, printable } from "../fields";
import { defineKind, inNetns } from "../kind";
import { markOf } from "../mark";
import { iptables, listRules, optionsOf, type Rule, splitWords } from "../tools/iptables";
import { markValue, matchArgs, matches } from "./iptables-matches";

const chainName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,27}$/, 'must be 1 to 28 of letters, digits, "_", ".", ":" and "-"');
const tables = ["filter", "nat", "mangle", "raw", "security"] as const;
const portRange = /(:\d{1,5}(-\d{1,5})?)?/.source;
const natTarget = z
  .string()
  .regex(
    new RegExp(`^([\\d.]+(-[\\d.]+)?|\\[?[0-9A-Fa-f:.]+\\]?)?${portRange}$`),
    "must be ADDRESS[:PORT[-PORT]]; with a port IPv6 stands in brackets",
  )
  .min(1, "must not be empty");
const rejections = [
  ...[
    "icmp-net-unreachable",
    "icmp-host-unreachable",
    "icmp-port-unreachable",
    "icmp-proto-unreachable",
    "icmp-net-prohibited",
  ],
  ...[
    "icmp-host-prohibited",
    "icmp-admin-prohibited",
    "icmp6-no-route",
    "icmp6-adm-prohibited",
    "icmp6-addr-unreachable",
  ],
  ...["icmp6-port-unreachable", "tcp-reset"],
] as const;

/** The targets that take options, and the input that holds each option. */
const targetOptions = {
  toSource: { option: "--to-source", target: "SNAT", required: true },
  toDestination: { option: "--to-destination", target: "DNAT", required: true },
  toPorts: { option: "--to-ports", target: "REDIRECT", required: false },
  setMark: { option: "--set-mark", target: "MARK", required: true },
  rejectWith: { option: "--reject-with", target: "REJECT", required: false },
  logPrefix: { option: "--log-prefix", target: "LOG", required: false },
} as const;
type TargetOption = keyof typeof targetOptions;

export const iptablesRule = defineKind({
  type: "IptablesRule",
  summary: 'A rule in a chain of iptables or ip6tables. In a match, a leading "! " negates.',
  args: {
    /** IP version: ipv4 (iptables) or ipv6 (ip6tables). */
    family: z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" }).default("ipv4").meta({ replace: true }),
    /** Table that the chain is in. */
    table: z
      .enum(tables, { error: `must be one of ${tables.join(", ")}` })
      .default("filter")
      .meta({ replace: true }),
    /** Chain, one that exists: FORWARD, POSTROUTING or one's own. */
    chain: chainName.meta({ replace: true }),
    ...inNetns,
    /** Where in the chain a new rule goes: "append", its end, or "insert", its head. */
    position: z
      .enum(["append", "insert"], { error: "must be append or insert" })
      .default("append")
      .meta({ replace: true }),
    ...matchArgs,
    /** What happens to the packet: ACCEPT, DROP, RETURN, REJECT, MASQUERADE, SNAT, DNAT, REDIRECT, MARK, LOG, or the name of a chain. */
    target: chainName,
    /** New source of target SNAT: `10.0.0.1` or `10.0.0.1:1024-2048`. */
    toSource: natTarget.optional(),
    /** New destination of target DNAT: `10.0.0.1:8080`. */
    toDestination: natTarget.optional(),
    /** New port of target REDIRECT or MASQUERADE: 8080 or "8080-8090". Needs `protocol`. */
    toPorts: z
      .union([z.number().transform(String), z.string()])
      .pipe(z.string().regex(/^\d{1,5}(-\d{1,5})?$/, "must be a port or a range, 8080-8090"))
      .optional(),
    /** Mark that target MARK sets: 16, "0x10" or "0x10/0xff". */
    setMark: markValue.refine((text) => !text.startsWith("!"), "cannot be negated").optional(),
    /** What target REJECT answers. Default: port unreachable. */
    rejectWith: z.enum(rejections, { error: `must be one of ${rejections.join(", ")}` }).optional(),
    /** Text before each line that target LOG writes. */
    logPrefix: printable.max(29, "must be at most 29 characters").min(1, "must not be empty").optional(),
    /** Comment; the mark of the resource follows it. */
    comment: printable.max(100, "must be at most 100 characters").min(1, "must not be empty").optional(),
  },
  outputs: {
    /** The rule as `iptables -S` prints it. */
    canonical: z.string(),
  },
  needs: ["iptables", "nsenter"],
  /** `FAMILY/TABLE/CHAIN/RESOURCE@NETNS` with the name of the resource */
  id: ({ family, table, chain, owner, netns }) => at(`${family}/${table}/${chain}/${owner.split("/").pop()}`, netns),

  *rules(args) {
    const { family, protocol = "", source, destination, toSource, toDestination } = args;
    for (const [key, value] of Object.entries({ source, destination })) {
      if (value && familyOf(value) !== (family === "ipv6" ? 6 : 4))
        yield [key, `must be an address of family ${family}`];
    }
    const withPorts = ["tcp", "udp", "sctp"].includes(protocol);
    for (const key of ["sourcePorts", "destinationPorts", "toPorts"] as const) {
      if (args[key] !== undefined && !withPorts) yield [key, "needs protocol tcp, udp or sctp"];
    }
    for (const key of Object.keys(targetOptions) as TargetOption[]) {
      const { target, required } = targetOptions[key];
      const fits = args.target === target || (key === "toPorts" && args.target === "MASQUERADE");
      if (args[key] !== undefined && !fits) yield [key, `is only for target ${target}`];
      if (required && args[key] === undefined && args.target === target)
        yield [key, `is required for target ${target}`];
    }
    for (const [key, value] of Object.entries({ toSource, toDestination })) {
      if (value && !isNatTarget(value, family)) yield [key, `must be an address of family ${family}, or a range`];
    }
    if (args.addressType && !args.addressType.source && !args.addressType.destination)
      yield ["addressType", "needs source or destination"];
    if (args.statistic && "every" in args.statistic && args.statistic.packet >= args.statistic.every) {
      yield ["statistic.packet", "must be below every"];
    }
  },

  async observe(host, args, recorded) {
    const ours = (await listRules(host, chainOf(args))).filter((rule) => isOurs(rule, args.owner));
    const rule = ours[0];
    if (!rule) return undefined;
    return { owner: args.owner, canonical: rule.text, ours, ...changed(rule, recorded?.canonical) };
  },

  async ensure(host, args, seen, recorded) {
    // What was read of a rule that somebody changed is in iptables' words; of such a record no rule can be made.
    if (seen && recorded && seen.canonical === recorded.canonical && sameRule(args, recorded)) return;
    const rule = specification(args);
    // Rules are told by our mark, never by number: another program may insert its own at any time. The new one goes to
    // the place of the old one before that is deleted, so that there is no moment without.
    const place = seen?.ours[0]
      ? ["-I", args.chain, String(seen.ours[0].number)]
      : args.position === "insert"
        ? ["-I", args.chain]
        : ["-A", args.chain];
    await iptables(host, chainOf(args), ...place, ...rule);
    await deleteRules(host, args, seen?.ours ?? []);
    // How iptables spells this one is learnt by reading it.
    return { canonical: undefined };
  },

  async remove(host, args, { ours }) {
    await deleteRules(host, args, ours);
  },
});

/** ADDRESS, ADDRESS-ADDRESS or nothing, and a port or a range of ports behind it; with a port IPv6 stands in brackets. */
function isNatTarget(text: string, family: "ipv4" | "ipv6"): boolean {
  const version = family === "ipv6" ? 6 : 4;
  const [, bracketed, bare] = /^(?:\[([^\]]+)\]|(.*?))(?::\d{1,5}(?:-\d{1,5})?)?$/.exec(text) ?? [];
  const hosts = isIP(text) === version ? text : (bracketed ?? bare ?? "");
  return hosts === "" || hosts.split("-").every((host) => isIP(host) === version);
}

interface RuleArgs extends z.output<z.ZodObject<typeof matchArgs>> {
  readonly family: "ipv4" | "ipv6";
  readonly table: string;
  readonly chain: string;
  readonly netns?: string | undefined;
  readonly target: string;
  readonly comment?: string | undefined;
  readonly owner: string;
}

function chainOf({ netns, family, table, chain }: RuleArgs) {
  return { netns, family, table, chain };
}

function specification(args: RuleArgs & { [K in TargetOption]?: string | undefined }): string[] {
  const words = Object.entries(matches).flatMap(([key, match]) => {
    const value = args[key as keyof typeof matches];
    return value === undefined ? [] : match.argv(value as never);
  });
  const comment = [args.comment, markOf(args.owner)].filter(Boolean).join(" ");
  const options = (Object.keys(targetOptions) as TargetOption[]).flatMap((key) => {
    const value = args[key];
    return value === undefined ? [] : [targetOptions[key].option, value];
  });
  return [...words, "-m", "comment", "--comment", comment, "-j", args.target, ...options];
}

function sameRule(args: RuleArgs, recorded: RuleArgs): boolean {
  const keys = [...Object.keys(matches), ...Object.keys(targetOptions), "target", "comment"] as (keyof RuleArgs)[];
  return keys.every((key) => isDeepStrictEqual(args[key], recorded[key]));
}

function isOurs({ words }: Rule, owner: string): boolean {
  const comment = words[words.indexOf("--comment") + 1] ?? "";
  return comment === markOf(owner) || comment.endsWith(` ${markOf(owner)}`);
}

async function deleteRules(
  host: Parameters<typeof iptables>[0],
  args: RuleArgs,
  rules: readonly Rule[],
): Promise<void> {
  for (const { words } of rules) await iptables(host, chainOf(args), "-D", args.chain, ...words);
}

/** The inputs whose options read otherwise than when the rule was written, in iptables' words: it spells many its own way. */
function changed(rule: Rule, written: string | undefined): Record<string, string | undefined> {
  if (written === undefined || written === rule.text) return {};
  const [now, then] = [optionsOf(rule.words), optionsOf(splitWords(written).slice(2))];
  const inputs = new Map<string, string>();
  for (const [key, { options }] of Object.entries(matches)) for (const name of options) inputs.set(name, key);
  for (const [key, { option }] of Object.entries(targetOptions)) inputs.set(option, key);
  inputs.set("--set-xmark", "setMark");
  inputs.set("--comment", "comment");
  const different = [...new Set([...now.keys(), ...then.keys()])].filter(
    (name) => name !== "-m" && now.get(name) !== then.get(name),
  );
  return Object.fromEntries(different.map((name) => [inputs.get(name) ?? "target", now.get(name)]));
}
