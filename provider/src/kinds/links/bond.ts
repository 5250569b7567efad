import { z } from "zod";
import { integer } from "../../schema/fields";
import { defineLink } from "./define-link";
import { portArgs } from "./options";

const modes = ["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"];
/** In these modes the kernel always monitors the links. */
const watching = ["802.3ad", "balance-tlb", "balance-alb"];
const hashed = ["balance-xor", "802.3ad", "balance-tlb"];
/** In these modes one link is preferred to the others. */
const withPrimary = ["active-backup", "balance-tlb", "balance-alb"];

/** A time in milliseconds that the kernel counts in checks of the carriers. */
const delay = (word: string, most: number) => ({
  input: integer(1, most).optional().meta({ unset: 0 }),
  word,
  // The number of checks stays when `miimon` changes.
  isAlways: true,
  // Without checks the kernel refuses every value, so it is removed before `miimon`.
  isFirst: (value: unknown) => value === 0,
  read: (data: Readonly<Record<string, unknown>>) => data[word],
});

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
    /** How many links must work for the bond to have a carrier (`min_links`). Default: the kernel's choice, 0: one. */
    minLinks: {
      input: integer(0, 0x7fffffff).optional().meta({ unset: 0 }),
      word: "min_links",
      read: ({ min_links }) => min_links,
    },
    /**
     * Milliseconds for which a link must have a carrier before it is used (`updelay`). A multiple of `miimon`. Default: the
     * kernel's choice, 0.
     */
    upDelay: delay("updelay", 0x7fffffff),
    /**
     * Milliseconds for which a link must be without a carrier before it is no longer used (`downdelay`). A multiple of
     * `miimon`. Default: the kernel's choice, 0.
     */
    downDelay: delay("downdelay", 0x7fffffff),
    /**
     * Which MAC addresses the links have: all that of the bond (`none`), each its own, and the bond that of the active one
     * (`active`), or that of the bond while active (`follow`). Needs mode `active-backup`. Default: the kernel's choice, none.
     */
    failOverMac: {
      input: z.enum(["none", "active", "follow"]).optional().meta({ replace: true, unset: "none" }),
      word: "fail_over_mac",
      read: ({ fail_over_mac }) => fail_over_mac,
    },
    /**
     * When the primary link becomes the active one again: as soon as it works (`always`), only if it is faster (`better`),
     * or only if the active one fails (`failure`). Needs mode `active-backup`, `balance-tlb` or `balance-alb`. Default: the
     * kernel's choice, always.
     */
    primaryReselect: {
      input: z.enum(["always", "better", "failure"]).optional().meta({ unset: "always" }),
      word: "primary_reselect",
      read: ({ primary_reselect }) => primary_reselect,
    },
    /**
     * How often the neighbours are told when another link becomes active, by gratuitous ARP and unsolicited neighbour
     * advertisements (`num_grat_arp`). Default: the kernel's choice, 1.
     */
    peerNotifications: {
      input: integer(0, 255).optional().meta({ unset: 1 }),
      word: "num_grat_arp",
      read: ({ num_peer_notif }) => num_peer_notif,
    },
    /**
     * Milliseconds between these messages (`peer_notify_delay`). A multiple of `miimon`. Default: the kernel's choice, 0:
     * `miimon`.
     */
    peerNotifyDelay: delay("peer_notify_delay", 300_000),
    /** Does the bond receive by its inactive links too (`all_slaves_active`)? Default: the kernel's choice, false. */
    allSlavesActive: {
      input: z.boolean().optional().meta({ unset: false }),
      word: "all_slaves_active",
      read: ({ all_slaves_active }) => all_slaves_active === 1,
    },
  },

  *rules({ mode, miimon, lacpRate, transmitHashPolicy, failOverMac, primaryReselect, ...others }) {
    if (lacpRate && mode !== "802.3ad") yield ["lacpRate", "needs mode 802.3ad"];
    if (transmitHashPolicy && !hashed.includes(mode)) yield ["transmitHashPolicy", needs(hashed)];
    if (miimon === 0 && watching.includes(mode)) yield ["miimon", `must not be 0 in mode ${mode}`];
    if (failOverMac && mode !== "active-backup") yield ["failOverMac", "needs mode active-backup"];
    if (primaryReselect && !withPrimary.includes(mode)) yield ["primaryReselect", needs(withPrimary)];
    const interval = miimon ?? (watching.includes(mode) ? 100 : 0);
    for (const key of ["upDelay", "downDelay", "peerNotifyDelay"] as const) {
      const value = others[key];
      if (value && interval === 0) yield [key, "needs miimon"];
      else if (value && value % interval !== 0) yield [key, `must be a multiple of miimon, ${interval}`];
    }
  },
  lacks: ({ failOverMac = "none" }) =>
    failOverMac === "none" ? {} : { mac: `with failOverMac ${failOverMac} its links decide` },
});

function needs(some: readonly string[]): string {
  return `needs mode ${some.slice(0, -1).join(", ")} or ${some.at(-1)}`;
}
