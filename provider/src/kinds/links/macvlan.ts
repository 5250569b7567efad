import { z } from "zod";
import { defineLink } from "./define-link";
import { defaultsFrom } from "./link";
import { lowerLink, portArgs } from "./options";

export const macvlan = defineLink({
  type: "Macvlan",
  linkType: "macvlan",
  summary: "A link with a MAC address of its own on another link.",
  args: portArgs,
  options: {
    /** Link below, in the same namespace; not a Macvlan. */
    link: { input: lowerLink, isLower: true, read: (_data, { link }) => link },
    /** What links on the same link below may send to each other: nothing, by way of the switch outside, or directly; "passthru" takes all of the link below, "source" takes frames of listed senders only. From and to "passthru" it replaces. */
    mode: {
      input: z
        .enum(["private", "vepa", "bridge", "passthru", "source"])
        .default("vepa")
        .meta({ replace: (was: string, is: string) => (was === "passthru") !== (is === "passthru") }),
      word: "mode",
      read: ({ mode }) => mode,
    },
  },

  lacks: ({ mode }) => (mode === "passthru" ? { mac: "in mode passthru it is that of the link below" } : {}),
  readDefaults: (host, { netns, link }) => defaultsFrom(host, netns, link),
});
