import { z } from "zod";
import { defineLink } from "./define-link";
import { defaultsFrom } from "./link";
import { lowerLink } from "./options";
import { vrfMember } from "./vrf";

const modes = ["bridge", "private", "vepa"] as const;

export const ipvlan = defineLink({
  type: "Ipvlan",
  linkType: "ipvlan",
  summary: "A link on another link, with its own IP addresses and the MAC address of the other one.",
  args: vrfMember,
  options: {
    /** Lower link, in the same namespace; not a port of a bridge. */
    link: { input: lowerLink, isLower: true, read: (_data, { link }) => link },
    /**
     * What the lower link passes on: frames (`l2`), packets (`l3`), or packets that also pass through iptables (`l3s`). All
     * links on the same lower link have the same mode: the last one that is set.
     */
    mode: { input: z.enum(["l2", "l3", "l3s"]).default("l3"), word: "mode", read: ({ mode }) => mode },
    /**
     * How links on the same lower link may communicate: directly (bridge), not at all (private), or through an external
     * switch (vepa). All links on the same lower link have the same flag.
     */
    flag: {
      input: z.enum(modes).default("bridge"),
      words: (flag: string) => [flag],
      read: (data) => modes.find((flag) => data[flag]),
    },
  },
  lacks: () => ({
    mac: "it has the MAC address of the link below",
    arp: "the mode decides: l2 uses ARP, the others do not",
  }),
  readDefaults: (host, { netns, link }) => defaultsFrom(host, netns, link),
});
