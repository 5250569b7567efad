import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Args, defineKind, inNetns } from "../../core/kind";
import type { Host } from "../../host";
import { address, at, cidr, deviceName, familyOf, isNetwork, number32, parseAt } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { protocol } from "../../tools/ip/routes";
import { known, type RuleEntry, showRules } from "../../tools/ip/rules";

const family = z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" });
const actionNumbers = { blackhole: "6", unreachable: "7", prohibit: "8" } as const;
type Action = keyof typeof actionNumbers;
const actions = Object.keys(actionNumbers) as [Action, ...Action[]];

const prefix = z
  .union([cidr, address], { error: "must be an address or a network such as 10.0.0.0/8" })
  .refine((text) => !text.includes("/") || isNetwork(text), "must have no bits set behind the prefix length")
  .transform((text) => text.replace(/^([^:]*)\/32$|^(.*)\/128$/, "$1$2"));

/** A number, or a first and a last one. */
const range = (max: number) =>
  z
    .string()
    .regex(/^\d{1,10}(-\d{1,10})?$/, "must be a number, or two such as 1000-2000")
    .refine((text) => {
      const [first = 0, last = first] = text.split("-").map(Number);
      return first <= last && last <= max;
    }, `must be two numbers up to ${max}, the first not above the last`)
    .transform((text) => {
      const [first, last = first] = text.split("-").map(Number);
      return first === last ? String(first) : `${first}-${last}`;
    });

const ports = range(65535);

const args = {
  /** Its place: rules are tried from the lowest number on. 1 to 32765; 32766 and 32767 are the kernel's own. */
  priority: z
    .int("must be a whole number")
    .min(1, "must be 1 to 32765")
    .max(32765, "must be 1 to 32765")
    .meta({ replace: true }),
  /** IP version: ipv4 or ipv6. */
  family: family.default("ipv4").meta({ replace: true }),
  ...inNetns,
  /** Does it choose the packets that do not match? */
  not: z.boolean().default(false),
  /** Source address or network of the packets. Default: any. */
  from: prefix.optional(),
  /** Destination address or network of the packets. Default: any. */
  to: prefix.optional(),
  /** Link that the packets come in by; lo for those that this host sends. It need not exist yet. */
  iif: deviceName.optional().meta({ reference: "name", of: "link" }),
  /** Link that the packets of a bound socket leave by. It need not exist yet. */
  oif: deviceName.optional().meta({ reference: "name", of: "link" }),
  /** Mark of the packets (`fwmark`), as a number or with a mask, `1` or `0x1/0xff`. */
  firewallMark: z
    .string()
    .regex(/^(0x[0-9a-fA-F]{1,8}|\d{1,10})(\/(0x[0-9a-fA-F]{1,8}|\d{1,10}))?$/, "must be a number, or number/mask")
    .transform(canonicalMark)
    .optional(),
  /** Type of service of the packets, a multiple of 4 below 256. */
  tos: z
    .int("must be a whole number")
    .min(4, "must be 4 to 252")
    .max(252, "must be 4 to 252")
    .refine((tos) => tos % 4 === 0, "must be a multiple of 4")
    .optional(),
  /** IP protocol of the packets, its number: 1 for ICMP, 6 for TCP, 17 for UDP. */
  ipProtocol: z.int("must be a whole number").min(1, "must be 1 to 255").max(255, "must be 1 to 255").optional(),
  /** Source port of the packets, or first and last one: `1000-2000`. */
  sourcePorts: ports.optional(),
  /** Destination port of the packets, or first and last one. */
  destinationPorts: ports.optional(),
  /** Users whose packets they are, by number: `1000`, or first and last one. */
  uidRange: range(0xfffffffe).optional(),
  /** Number of the routing table that is looked into. */
  table: number32.min(1, "must be at least 1").optional(),
  /** What becomes of the packets in place of a table: silently dropped (blackhole), or refused with an ICMP answer (unreachable, prohibit). */
  action: z.enum(actions, { error: `must be one of ${actions.join(", ")}` }).optional(),
  /** Routes of the table with a prefix of this length or a shorter one do not count (`suppress_prefixlength`): 0 for default routes. */
  suppressPrefixLength: z
    .int("must be a whole number")
    .min(0, "must be 0 to 128")
    .max(128, "must be 0 to 128")
    .optional(),
} as const;

type Rule = Omit<Args<typeof args>, "owner" | "adopt" | "host">;

export const policyRule = defineKind({
  type: "PolicyRule",
  summary: "A rule of policy routing, as `ip rule` makes it: which routing table is for which packets.",
  args,
  outputs: {},
  needs: ["ip"],
  unmarked: true,
  /** `PRIORITY@NETNS`, of IPv6 `ipv6 PRIORITY@NETNS` */
  id: idOf,

  *rules(rule) {
    const version = rule.family === "ipv6" ? 6 : 4;
    for (const key of ["from", "to"] as const) {
      const text = rule[key];
      if (text !== undefined && familyOf(text) !== version) yield [key, `must be of the rule's family, ${rule.family}`];
    }
    if ((rule.table === undefined) === (rule.action === undefined)) yield ["table", "needs table or action, not both"];
    if (rule.suppressPrefixLength !== undefined && rule.table === undefined)
      yield ["suppressPrefixLength", "needs table"];
    if ((rule.suppressPrefixLength ?? 0) > 32 && version === 4) yield ["suppressPrefixLength", "must be at most 32"];
  },

  async observe(host, args) {
    return observedAmong(await showRules(host, args.netns, versionOf(args)), args);
  },

  async ensure(host, args, observed) {
    const former = observed?.detail.rules ?? [];
    const isThere = former.some(({ inputs, made }) => made === protocol && isSame(args, inputs));
    const surplus = former.filter(({ inputs, made }) => made !== protocol || !isSame(args, inputs));
    const add = isThere ? [] : [["rule", "add", ...words(args)]];
    const remove = surplus.map(({ inputs, made }) => ["rule", "del", ...words({ ...key(args), ...inputs }, made)]);
    // The kernel has no replace. The new rule comes before the old one goes, so that no packet meets neither, unless the
    // kernel takes it for the old one.
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
      const each = await Promise.all([listed(host, netns, 4), listed(host, netns, 6)]);
      return each.flat();
    },
  },
});

async function listed(host: Host, netns: string | undefined, version: 4 | 6) {
  const rules = (await showRules(host, netns, version)).filter((entry) => entry.protocol !== kernelProtocol);
  const family = version === 6 ? "ipv6" : "ipv4";
  return rules.map((entry) => ({
    id: idOf({ priority: entry.priority, family, netns }),
    omit:
      rules.filter(({ priority }) => priority === entry.priority).length > 1 ? "several have its priority" : undefined,
  }));
}

/** Of the kernel's own rules. */
const kernelProtocol = "2";
const byHand = ["0", "3", "4"];

function idOf({ priority, family, netns }: Key): string {
  return at(family === "ipv6" ? `ipv6 ${priority}` : String(priority), netns);
}

type Key = Pick<Rule, "priority" | "family" | "netns">;

function key({ priority, family, netns }: Key): Key {
  return { priority, family, netns };
}

function versionOf({ family }: Pick<Rule, "family">): 4 | 6 {
  return family === "ipv6" ? 6 : 4;
}

/** Those of one priority: all that are ours, since an update that died leaves two, or else one that somebody else made. */
function observedAmong(entries: readonly RuleEntry[], args: Key & Partial<Rule>) {
  const there = entries.filter(({ priority }) => priority === args.priority).map(observedRule);
  const ours = there.filter(({ made }) => made === protocol);
  const rules = ours.length > 0 ? ours : there.slice(0, 1);
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
  return byHand.includes(made) ? "" : made === kernelProtocol ? "the kernel" : `routing protocol ${made}`;
}

function isSame(wanted: Partial<Rule>, there: ReturnType<typeof observedRule>["inputs"]): boolean {
  return Object.entries(there).every(([name, value]) => isDeepStrictEqual(wanted[name as keyof Rule], value));
}

/** Is there this rule already, as the kernel sees it? Of a selector that the new rule does not have it asks nothing. */
function isTakenFor(wanted: Partial<Rule>, there: ReturnType<typeof observedRule>["inputs"]): boolean {
  const asked = ["uidRange", "table", "action", "suppressPrefixLength", "not"];
  return Object.entries(there).every(([name, value]) => {
    const want = wanted[name as keyof Rule];
    return isDeepStrictEqual(want, value) || (want === undefined && !asked.includes(name));
  });
}

function familyOption({ family }: Pick<Rule, "family">): string {
  return family === "ipv6" ? "-6" : "-4";
}

function words(rule: Rule, made = protocol): string[] {
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

/** ip takes no single user. */
function spread(range: string | undefined): string | undefined {
  return range === undefined || range.includes("-") ? range : `${range}-${range}`;
}

function canonicalMark(text: string): string {
  const [mark = 0, mask = 0xffffffff] = text.split("/").map(Number);
  const hex = (value: number) => `0x${value.toString(16)}`;
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}
