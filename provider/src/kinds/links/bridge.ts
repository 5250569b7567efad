import { z } from "zod";
import { showPorts } from "../../tools/ip/links";
import { defineLink } from "./define-link";

/** ip counts the times of a bridge in hundredths of a second. */
const time = (word: string) => ({
  words: (value: number) => [word, String(Math.round(value * 100))],
  read: (data: Readonly<Record<string, unknown>>) => Number(data[word]) / 100,
});
// The kernel counts in ticks, of which a second has 100 to 1000: tenths are the finest that all of them keep.
const isTenths = (value: number) => Math.abs(value * 10 - Math.round(value * 10)) < 1e-6;
const tenths = "must be a whole number of tenths of a second: the kernel rounds others";

export const bridge = defineLink({
  type: "Bridge",
  linkType: "bridge",
  summary: "A Linux bridge.",
  tags: ["bridge", "master"],
  args: {},
  options: {
    /** Spanning tree protocol. Default: the kernel's choice, false. */
    stp: {
      input: z.boolean().optional().meta({ unset: false }),
      word: "stp_state",
      // The kernel reads forward_delay first, and refuses a short one while spanning tree is on.
      isFirst: true,
      read: ({ stp_state }) => stp_state !== 0,
    },
    /** Seconds in each of the states before forwarding, in tenths; with spanning tree at least 2. Default: the kernel's choice, 15. */
    forwardDelay: {
      input: z
        .number()
        .min(0, "must be 0 to 30")
        .max(30, "must be 0 to 30")
        .refine(isTenths, tenths)
        .optional()
        .meta({ unset: 15 }),
      ...time("forward_delay"),
    },
    /** Seconds after which an unseen MAC address is forgotten, in tenths. Default: the kernel's choice, 300. */
    ageingTime: {
      input: z
        .number()
        .min(0, "must not be negative")
        .max(1_000_000, "must be at most 1000000")
        .refine(isTenths, tenths)
        .optional()
        .meta({ unset: 300 }),
      ...time("ageing_time"),
    },
    /** Does the bridge tell VLANs apart? Default: the kernel's choice, false. */
    vlanFiltering: {
      input: z.boolean().optional().meta({ unset: false }),
      word: "vlan_filtering",
      read: ({ vlan_filtering }) => vlan_filtering === 1,
    },
  },

  *rules({ stp, forwardDelay }) {
    if (stp && forwardDelay !== undefined && forwardDelay < 2) yield ["forwardDelay", "must be at least 2 with stp"];
  },

  /** A bridge has the least mtu of its ports. It follows them until somebody sets its own, which the kernel does not undo. */
  lookUp: async (host, { netns, name }) => ({
    mtu: Math.min(...(await showPorts(host, netns, name)).map((port) => port.mtu), 1500),
  }),
  // What it has already is not set, and would not be kept.
  pinMtu: ({ name, mtu }) => (mtu === 1500 ? [["link", "set", "dev", name, "mtu", "1499"]] : []),
});
