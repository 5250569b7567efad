import { integer } from "../../schema/fields";
import { defineLink } from "./define-link";
import { anyLowerLink } from "./options";
import { vrfMember } from "./vrf";

export const xfrmInterface = defineLink({
  type: "XfrmInterface",
  linkType: "xfrm",
  summary:
    "A link that encrypts what routes send through it (`type xfrm`), with the states and policies of IPsec that have its number.",
  args: vrfMember,
  options: {
    /** Number that its states and policies have as `if_id`, 1 to 4294967295. */
    ifId: {
      input: integer(1, 0xffffffff),
      word: "if_id",
      read: ({ if_id }) => Number(if_id),
    },
    /** Link that the encrypted packets go through, in the same namespace. Default: what the routes say. */
    link: { input: anyLowerLink, word: "dev", isAlways: true, read: (_data, { link }) => link ?? undefined },
  },
  unset: { arp: false, multicast: false },
  lacks: () => ({ mac: "it carries packets, not frames" }),
});
