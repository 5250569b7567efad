import { z } from "zod";
import { integer } from "../../schema/fields";
import { defineLink } from "./define-link";
import { portArgs } from "./options";

const modes = ["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"];
/** In these the kernel watches the links by itself. */
const watching = ["802.3ad", "balance-tlb", "balance-alb"];
const hashed = ["balance-xor", "802.3ad", "balance-tlb"];

interface ObservedBond {
  readonly inputs: { readonly mode?: string };
}

export const bond = defineLink({
  type: "Bond",
  linkType: "bond",
  summary: "Several links as one: those with it as their `master`.",
  tags: ["master"],
  args: portArgs,
  options: {
    /** How traffic is spread over the links: `balance-rr`, `active-backup`, `balance-xor`, `broadcast`, `802.3ad`, `balance-tlb` or `balance-alb`. */
    mode: {
      input: z.enum(modes as [string, ...string[]]).meta({ replace: true }),
      word: "mode",
      read: ({ mode }) => mode,
    },
    /** Milliseconds between two looks at whether a link has a carrier; 0: none. Default: the kernel's choice, 0, in the last three modes 100. */
    miimon: {
      input: integer(0, 0x7fffffff)
        .optional()
        .meta({ unset: (observed?: ObservedBond) => (watching.includes(observed?.inputs.mode ?? "") ? 100 : 0) }),
      word: "miimon",
      read: ({ miimon }) => miimon,
    },
    /** How often the other end is asked to send, every 30 seconds or every second; needs mode `802.3ad`. Default: the kernel's choice, slow. */
    lacpRate: {
      input: z.enum(["slow", "fast"]).optional().meta({ replace: true, unset: "slow" }),
      word: "lacp_rate",
      read: ({ mode, ad_lacp_rate }) => (mode === "802.3ad" ? ad_lacp_rate : undefined),
    },
    /** By what of a packet its link is chosen. Needs mode `balance-xor`, `802.3ad` or `balance-tlb`. Default: the kernel's choice, layer2. */
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
