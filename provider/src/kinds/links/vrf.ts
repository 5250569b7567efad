import { z } from "zod";
import { defineLink } from "./define-link";

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
