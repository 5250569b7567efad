import { z } from "zod";
import { integer } from "../../schema/fields";
import { defineLink } from "./define-link";
import { defaultsFrom } from "./link";
import { lowerLink, portArgs } from "./options";

/** The protocols by what ip prints when it prints numbers. */
export const vlanProtocols: Readonly<Record<string, string>> = { "[33024]": "802.1Q", "[34984]": "802.1ad" };

export const vlan = defineLink({
  type: "Vlan",
  linkType: "vlan",
  summary: "One VLAN of another link: it sends and receives frames with that number.",
  args: portArgs,
  options: {
    /** Lower link, in the same namespace. */
    link: { input: lowerLink, isLower: true, read: (_data, { link }) => link },
    /** Number of the VLAN (`id`). */
    vid: {
      input: integer(1, 4094).meta({ replace: true }),
      word: "id",
      read: ({ id }) => id,
    },
    /** Protocol of the tags: `802.1ad` for the outer one of two tags. */
    protocol: {
      input: z.enum(["802.1Q", "802.1ad"]).default("802.1Q").meta({ replace: true }),
      word: "protocol",
      read: ({ protocol }) => vlanProtocols[String(protocol)] ?? protocol,
    },
  },
  followsMac: true,
  readDefaults: (host, { netns, link }) => defaultsFrom(host, netns, link),
});
