import { z } from "zod";
import { defineLink } from "./define-link";
import { defaultsFrom } from "./link";
import { lowerLink } from "./options";
import { vrfMember } from "./vrf";

const modes = ["bridge", "private", "vepa"] as const;

export const ipvlan = defineLink({
  type: "Ipvlan",
  linkType: "ipvlan",
  summary: "A link with IP addresses of its own on another link, whose MAC address it shares.",
  args: vrfMember,
  options: {
    /** Link below, in the same namespace; not a port of a bridge. */
    link: { input: lowerLink, isLower: true, read: (_data, { link }) => link },
    /** What the link below passes on: frames (`l2`), packets (`l3`), or packets that also pass iptables (`l3s`). All on the same link below have the same: the last one that asks decides. */
    mode: { input: z.enum(["l2", "l3", "l3s"]).default("l3"), word: "mode", read: ({ mode }) => mode },
    /** What links on the same link below may send to each other: directly, nothing, or by way of the switch outside. All on the same link below have the same. */
    flag: {
      input: z.enum(modes).default("bridge"),
      words: (flag: string) => [flag],
      read: (data) => modes.find((flag) => data[flag]),
    },
  },
  lacks: () => ({ mac: "it is that of the link below", arp: "the mode says it: l2 asks by ARP, the others do not" }),
  readDefaults: (host, { netns, link }) => defaultsFrom(host, netns, link),
});
