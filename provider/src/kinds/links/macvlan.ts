import { z } from "zod";
import { defineLink } from "./define-link";
import { defaultsFrom } from "./link";
import { lowerLink, portArgs } from "./options";

const types = ["macvlan", "macvtap"] as const;

export const macvlan = defineLink({
  type: "Macvlan",
  linkType: types,
  summary: "A link on another link, with its own MAC address.",
  args: portArgs,
  options: {
    /** With `macvtap`, a program such as a virtual machine is its other end, at the device `/dev/tapIFINDEX`. */
    type: {
      input: z.enum(types).default("macvlan").meta({ replace: true }),
      isType: true,
      read: (_data, { linkinfo }) => linkinfo?.info_kind,
    },
    /** Lower link, in the same namespace; not a Macvlan. */
    link: { input: lowerLink, isLower: true, read: (_data, { link }) => link },
    /**
     * How links on the same lower link may communicate: not at all (private), through an external switch (vepa), or directly
     * (bridge). "passthru" takes all frames of the lower link, "source" only frames of listed senders. A change from or to
     * "passthru" replaces the link.
     */
    mode: {
      input: z
        .enum(["private", "vepa", "bridge", "passthru", "source"])
        .default("vepa")
        .meta({ replace: (was: string, is: string) => (was === "passthru") !== (is === "passthru") }),
      word: "mode",
      read: ({ mode }) => mode,
    },
  },

  unset: ({ type }) => (type === "macvtap" ? { txQueueLength: 500 } : {}),
  lacks: ({ mode }) =>
    mode === "passthru" ? { mac: "in mode passthru it has the MAC address of the link below" } : {},
  readDefaults: (host, { netns, link }) => defaultsFrom(host, netns, link),
});
