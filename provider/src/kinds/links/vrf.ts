import { z } from "zod";
import { ifName } from "../../schema/fields";
import { defineLink } from "./define-link";

/** Inputs of links that can be in a Vrf, and no ports of a bridge. */
export const vrfMember = {
  /** Vrf that the link belongs to, in the same namespace. */
  master: ifName.optional().meta({ reference: "name", of: "Vrf" }),
} as const;

export const vrf = defineLink({
  type: "Vrf",
  linkType: "vrf",
  summary: "A routing domain: links with it as their `master` use its table of routes.",
  tags: ["master"],
  args: {},
  options: {
    /** Number of the table of routes, 1 to 4294967295. */
    table: {
      input: z
        .int("must be a whole number")
        .min(1, "must be 1 to 4294967295")
        .max(0xffffffff, "must be 1 to 4294967295")
        .meta({ replace: true }),
      word: "table",
      read: ({ table }) => table,
    },
  },
  unset: { mtu: 65575, arp: false, multicast: false },
});
