import { z } from "zod";
import { type Args, inNetns } from "../../core/kind";
import { deviceName, integer } from "../../schema/fields";
import { actionList } from "./filter-actions";
import { flowid } from "./filter-fields";
import { type ClassifierName, classifiers, matchArgs } from "./filter-kinds";

export const protocols = ["all", "ip", "ipv6", "arp", "802.1Q", "802.1ad"] as const;

const max32 = 0xffffffff;

export const filterArgs = {
  /** Link of the packets. */
  device: deviceName.meta({ replace: true, reference: "name", of: "link" }),
  ...inNetns,
  /**
   * Parent: incoming (`ingress`) or outgoing (`egress`) packets, for which the link needs a Qdisc of kind ingress or clsact;
   * or the number of another Qdisc, `1:`, or of its class, `1:10`.
   */
  parent: z
    .string()
    .regex(
      /^(ingress|egress|(?!0+:)[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4})$/,
      "must be ingress, egress, or a number of a Qdisc or a class, such as 1: or 1:10",
    )
    .transform(canonicalParent)
    .refine((text) => !text.startsWith("ffff:"), "must be ingress or egress instead of ffff:")
    .meta({ replace: true }),
  /**
   * Position among the filters of its parent: they are tried from the lowest number on. All filters of one priority have the
   * same `kind` and `protocol`.
   */
  priority: integer(1, 65535).meta({ replace: true }),
  /** Its number among the filters of its priority, for u32 up to 4095; for fw the mark of the packets. */
  handle: integer(1, max32).default(1).meta({ replace: true }),
  /** Protocol of the packets. */
  protocol: z
    .enum(protocols, { error: `must be one of ${protocols.join(", ")}` })
    .default("all")
    .meta({ replace: true }),
  /**
   * How it selects packets, by `tc`'s name: all packets (matchall), by values at offsets (u32), by fields (flower), or by
   * their mark (fw).
   */
  kind: z
    .enum(Object.keys(classifiers) as [ClassifierName, ...ClassifierName[]], {
      error: `must be one of ${Object.keys(classifiers).join(", ")}`,
    })
    .meta({ replace: true }),
  ...matchArgs,
  /** Class for the packets, `1:10`. Default: none. */
  flowid: flowid.optional(),
  /** Actions on the packets, one after the other. */
  actions: actionList.default([]),
} as const;

export type FilterArgs = Args<typeof filterArgs>;

export type Key = Pick<FilterArgs, "device" | "netns" | "parent" | "priority" | "handle">;

function canonicalParent(text: string): string {
  if (/^(in|e)gress$/.test(text)) return text;
  const [major = "", minor = ""] = text.split(":").map((part) => part.replace(/^0+/, "").toLowerCase());
  return `${major}:${minor}`;
}
