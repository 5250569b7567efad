import { z } from "zod";
import { defineLink } from "./define-link";
import { defaultsFrom } from "./link";
import { lowerLink, portArgs } from "./options";

export const macvlan = defineLink({
  type: "Macvlan",
  linkType: "macvlan",
  summary: "A link on another link, with its own MAC address.",
  args: portArgs,
  options: {
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

  lacks: ({ mode }) =>
    mode === "passthru" ? { mac: "in mode passthru it has the MAC address of the link below" } : {},
  readDefaults: (host, { netns, link }) => defaultsFrom(host, netns, link),
});
