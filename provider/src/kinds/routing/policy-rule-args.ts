import { z } from "zod";
import { type Args, inNetns } from "../../core/kind";
import { address, cidr, deviceName, familyOf, integer, isNetwork, number32, numberOrText } from "../../schema/fields";

const family = z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" });
/** rtnetlink's numbers of the actions that a rule may have instead of a table. */
export const actionNumbers = { blackhole: "6", unreachable: "7", prohibit: "8" } as const;
type Action = keyof typeof actionNumbers;
export const actions = Object.keys(actionNumbers) as [Action, ...Action[]];

export const prefix = z
  .union([cidr, address], { error: "must be an address or a network such as 10.0.0.0/8" })
  .refine((text) => !text.includes("/") || isNetwork(text), "must have no bits set behind the prefix length")
  .transform((text) => text.replace(/^([^:]*)\/32$|^(.*)\/128$/, "$1$2"));

/** A number, or a range of two. */
const range = (max: number, min = 0) =>
  numberOrText(z.string().regex(/^\d{1,10}(-\d{1,10})?$/, "must be a number, or two such as 1000-2000"))
    .refine(
      (text) => {
        const [first = 0, last = first] = text.split("-").map(Number);
        return min <= first && first <= last && last <= max;
      },
      `must be two numbers ${min > 0 ? `from ${min} ` : ""}up to ${max}, the first not above the last`,
    )
    .transform((text) => {
      const [first, last = first] = text.split("-").map(Number);
      return first === last ? String(first) : `${first}-${last}`;
    });

const ports = range(65535, 1);

export const policyRuleArgs = {
  /** Position: rules are tried from the lowest number on. 32766 and 32767 are the kernel's own rules. */
  priority: integer(1, 32765).meta({ replace: true }),
  /** IP version: ipv4 or ipv6. */
  family: family.default("ipv4").meta({ replace: true }),
  ...inNetns,
  /** Does the rule apply to the packets that do not match? */
  not: z.boolean().default(false),
  /** Source address or network of the packets. Default: any. */
  from: prefix.optional(),
  /** Destination address or network of the packets. Default: any. */
  to: prefix.optional(),
  /** Link that the packets come in by; lo: packets that this host sends. It may be missing at first. */
  iif: deviceName.optional().meta({ reference: "name", of: "link" }),
  /** Link that a socket of this host is bound to. It may be missing at first. */
  oif: deviceName.optional().meta({ reference: "name", of: "link" }),
  /** Mark of the packets (`fwmark`): a number, with or without a mask, `1` or `0x1/0xff`. */
  firewallMark: numberOrText(
    z
      .string()
      .regex(/^(0x[0-9a-fA-F]{1,8}|\d{1,10})(\/(0x[0-9a-fA-F]{1,8}|\d{1,10}))?$/, "must be a number, or number/mask"),
  )
    .transform(canonicalMark)
    .optional(),
  /** Type of service of the packets, a multiple of 4 below 256. */
  tos: integer(4, 252)
    .refine((tos) => tos % 4 === 0, "must be a multiple of 4")
    .optional(),
  /** Number of the packets' IP protocol: 1 for ICMP, 6 for TCP, 17 for UDP. */
  ipProtocol: integer(1, 255).optional(),
  /** Source port of the packets, or a range: `1000-2000`. */
  sourcePorts: ports.optional(),
  /** Destination port of the packets, or a range. */
  destinationPorts: ports.optional(),
  /** User who sends the packets, by number: `1000`, or a range. */
  uidRange: range(0xfffffffe).optional(),
  /** Number of the routing table to use. */
  table: number32.min(1, "must be at least 1").optional(),
  /**
   * Action instead of a table: drop the packets silently (blackhole), or reject them with an ICMP error (unreachable,
   * prohibit).
   */
  action: z.enum(actions, { error: `must be one of ${actions.join(", ")}` }).optional(),
  /**
   * Ignore routes of the table with a prefix of this length or a shorter one (`suppress_prefixlength`): 0 for default
   * routes.
   */
  suppressPrefixLength: integer(0, 128).optional(),
} as const;

export type PolicyRuleArgs = Omit<Args<typeof policyRuleArgs>, "owner" | "adopt" | "host">;

export function versionOf({ family }: Pick<PolicyRuleArgs, "family">): 4 | 6 {
  return family === "ipv6" ? 6 : 4;
}

export function* policyRuleRules(rule: PolicyRuleArgs): Generator<readonly [string, string]> {
  const version = versionOf(rule);
  for (const key of ["from", "to"] as const) {
    const text = rule[key];
    if (text !== undefined && familyOf(text) !== version) yield [key, `must be of the rule's family, ${rule.family}`];
  }
  if ((rule.table === undefined) === (rule.action === undefined)) yield ["table", "needs table or action, not both"];
  if (rule.suppressPrefixLength !== undefined && rule.table === undefined)
    yield ["suppressPrefixLength", "needs table"];
  if ((rule.suppressPrefixLength ?? 0) > 32 && version === 4) yield ["suppressPrefixLength", "must be at most 32"];
}

/** A mark in ip's form: with its mask unless all bits count. */
export function canonicalMark(text: string): string {
  const [mark = 0, mask = 0xffffffff] = text.split("/").map(Number);
  const hex = (value: number) => `0x${value.toString(16)}`;
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}
