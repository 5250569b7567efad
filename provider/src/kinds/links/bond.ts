import { z } from "zod";
import { integer } from "../../schema/fields";
import { defineLink } from "./define-link";
import { portArgs } from "./options";

const modes = ["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"];
/** In these modes the kernel always monitors the links. */
const watching = ["802.3ad", "balance-tlb", "balance-alb"];
const hashed = ["balance-xor", "802.3ad", "balance-tlb"];

interface ObservedBond {
  readonly inputs: { readonly mode?: string };
}

export const bond = defineLink({
  type: "Bond",
  linkType: "bond",
  summary: "Several links that work as one: all links with it as their `master`.",
  tags: ["master"],
  args: portArgs,
  options: {
    /**
     * How traffic is distributed: `balance-rr`, `active-backup`, `balance-xor`, `broadcast`, `802.3ad`, `balance-tlb` or
     * `balance-alb`.
     */
    mode: {
      input: z.enum(modes as [string, ...string[]]).meta({ replace: true }),
      word: "mode",
      read: ({ mode }) => mode,
    },
    /**
     * Milliseconds between checks of the links' carriers; 0: no checks. Default: the kernel's choice, 0, in the last three
     * modes 100.
     */
    miimon: {
      input: integer(0, 0x7fffffff)
        .optional()
        .meta({ unset: (observed?: ObservedBond) => (watching.includes(observed?.inputs.mode ?? "") ? 100 : 0) }),
      word: "miimon",
      read: ({ miimon }) => miimon,
    },
    /**
     * How often the other end is asked to send LACP packets: every 30 seconds (slow) or every second (fast). Needs mode
     * `802.3ad`. Default: the kernel's choice, slow.
     */
    lacpRate: {
      input: z.enum(["slow", "fast"]).optional().meta({ replace: true, unset: "slow" }),
      word: "lacp_rate",
      read: ({ mode, ad_lacp_rate }) => (mode === "802.3ad" ? ad_lacp_rate : undefined),
    },
    /**
     * What decides on the link for a packet. Needs mode `balance-xor`, `802.3ad` or `balance-tlb`. Default: the kernel's
     * choice, layer2.
     */
    transmitHashPolicy: {
      input: z
        .enum(["layer2", "layer2+3", "layer3+4", "encap2+3", "encap3+4", "vlan+srcmac"])
        .optional()
        .meta({ unset: "layer2" }),
      word: "xmit_hash_policy",
      read: ({ xmit_hash_policy }) => xmit_hash_policy,
    },
  },

  *rules({ mode, miimon, lacpRate, transmitHashPolicy }) {
    if (lacpRate && mode !== "802.3ad") yield ["lacpRate", "needs mode 802.3ad"];
    if (transmitHashPolicy && !hashed.includes(mode))
      yield ["transmitHashPolicy", `needs mode ${hashed.slice(0, -1).join(", ")} or ${hashed.at(-1)}`];
    if (miimon === 0 && watching.includes(mode)) yield ["miimon", `must not be 0 in mode ${mode}`];
  },
});
