import { z } from "zod";
import { integer } from "../../schema/fields";
import { showPorts } from "../../tools/ip/links";
import { defineLink } from "./define-link";
import { vlanProtocols } from "./vlan";
import { vlansInput } from "./vlans";
import { vrfMember } from "./vrf";

/** ip uses hundredths of a second for the times of a bridge. */
const time = (word: string) => ({
  words: (value: number) => [word, String(Math.round(value * 100))],
  read: (data: Readonly<Record<string, unknown>>) => Number(data[word]) / 100,
});
// The kernel counts in ticks, 100 to 1000 per second. All of these can represent tenths of a second.
const isTenths = (value: number) => Math.abs(value * 10 - Math.round(value * 10)) < 1e-6;
const tenths = "must be a whole number of tenths of a second: the kernel rounds others";

/** An option that is true or false. A kernel that was built without the feature does not report it. */
const flag = (word: string, unset: boolean) => ({
  input: z.boolean().optional().meta({ unset }),
  word,
  read: (data: Readonly<Record<string, unknown>>) => Boolean(data[word] ?? unset),
});
const number = (min: number, max: number) => integer(min, max).optional();

export const bridge = defineLink({
  type: "Bridge",
  linkType: "bridge",
  summary: "A Linux bridge.",
  tags: ["bridge", "master"],
  args: vrfMember,
  options: {
    /** Spanning tree protocol. Default: the kernel's choice, false. */
    stp: {
      input: z.boolean().optional().meta({ unset: false }),
      word: "stp_state",
      // The kernel reads forward_delay first, and refuses a short one while spanning tree is on.
      isFirst: true,
      read: ({ stp_state }) => stp_state !== 0,
    },
    /**
     * Seconds in each of the states before forwarding, in tenths; with spanning tree at least 2. Default: the kernel's
     * choice, 15.
     */
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
    /** Seconds after which an unused MAC address is forgotten, in tenths. Default: the kernel's choice, 300. */
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
    /** Priority in the spanning tree; the bridge with the lowest one is the root. Default: the kernel's choice, 32768. */
    priority: { input: number(0, 65535).meta({ unset: 32768 }), word: "priority", read: ({ priority }) => priority },
    /** Does the bridge separate VLANs? Default: the kernel's choice, false. */
    vlanFiltering: flag("vlan_filtering", false),
    /**
     * VLAN that the bridge gives to new ports and to itself (`vlan_default_pvid`); 0: none. Default: the kernel's choice, 1.
     */
    vlanDefaultPvid: {
      input: number(0, 4094).meta({ unset: 1 }),
      word: "vlan_default_pvid",
      read: ({ vlan_default_pvid }) => vlan_default_pvid ?? 1,
    },
    /**
     * Protocol of the VLAN tags that the bridge uses: `802.1ad` for the outer one of two tags. Default: the kernel's choice,
     * 802.1Q.
     */
    vlanProtocol: {
      input: z.enum(["802.1Q", "802.1ad"]).optional().meta({ unset: "802.1Q" }),
      word: "vlan_protocol",
      read: ({ vlan_protocol = "802.1Q" }) => vlanProtocols[String(vlan_protocol)] ?? vlan_protocol,
    },
    /**
     * All VLANs of the bridge itself, in the form of `bridgePort.vlans` of its ports. Needs the command `bridge`. Default:
     * the kernel's choice, that of `vlanDefaultPvid`.
     */
    vlans: { input: vlansInput, read: (_data, { vlans }) => vlans },
    /**
     * Which frames for 01:80:C2:00:00:0X are forwarded, a bit for each X (`group_fwd_mask`), without the lowest three bits:
     * 0x4000 is LLDP. Default: the kernel's choice, 0.
     */
    groupForwardMask: {
      input: integer(0, 65535)
        .refine(
          (mask) => mask % 8 === 0,
          "must not have one of the lowest three bits: those frames are never forwarded",
        )
        .optional()
        .meta({ unset: 0 }),
      word: "group_fwd_mask",
      read: ({ group_fwd_mask }) => Number(group_fwd_mask),
    },
    /**
     * Does the bridge learn which ports listen to a multicast group, and send its frames only there (`mcast_snooping`)?
     * Default: the kernel's choice, true.
     */
    multicastSnooping: flag("mcast_snooping", true),
    /**
     * Do IPv4 packets that the bridge forwards pass through iptables? Needs the module br_netfilter, whose setting
     * `net.bridge.bridge-nf-call-iptables` applies to all bridges. Default: the kernel's choice, false.
     */
    nfCallIptables: flag("nf_call_iptables", false),
    /** The same for IPv6 packets and ip6tables. Default: the kernel's choice, false. */
    nfCallIp6tables: flag("nf_call_ip6tables", false),
    /** The same for ARP and arptables. Default: the kernel's choice, false. */
    nfCallArptables: flag("nf_call_arptables", false),
  },

  *rules({ stp, forwardDelay }) {
    if (stp && forwardDelay !== undefined && forwardDelay < 2) yield ["forwardDelay", "must be at least 2 with stp"];
  },

  /** A bridge uses the smallest mtu of its ports, until somebody sets one. The kernel cannot go back to following them. */
  readDefaults: async (host, { netns, name }) => ({
    mtu: Math.min(...(await showPorts(host, netns, name)).map((port) => port.mtu), 1500),
  }),
  // The kernel ignores a request for the present mtu, and would not keep it.
  pinMtu: ({ name, mtu }) => (mtu === 1500 ? [["link", "set", "dev", name, "mtu", "1499"]] : []),
});
