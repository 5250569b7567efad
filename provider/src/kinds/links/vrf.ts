import { ifName, integer } from "../../schema/fields";
import { defineLink } from "./define-link";

/** Inputs of links that can be in a Vrf, but cannot be ports of a bridge. */
export const vrfMember = {
  /** Vrf that the link belongs to, in the same namespace. */
  master: ifName.optional().meta({ reference: "name", of: "Vrf" }),
} as const;

export const vrf = defineLink({
  type: "Vrf",
  linkType: "vrf",
  summary: "A routing domain: links with it as their `master` use its routing table.",
  tags: ["master"],
  args: {},
  options: {
    /** Number of the routing table. */
    table: {
      input: integer(1, 0xffffffff).meta({ replace: true }),
      word: "table",
      read: ({ table }) => table,
    },
  },
  unset: { mtu: 65575, arp: false, multicast: false },
});
