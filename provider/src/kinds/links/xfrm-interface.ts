import { integer } from "../../schema/fields";
import { defineLink } from "./define-link";
import { anyLowerLink } from "./options";
import { vrfMember } from "./vrf";

export const xfrmInterface = defineLink({
  type: "XfrmInterface",
  linkType: "xfrm",
  summary:
    "A link that encrypts the packets that routes send through it (`type xfrm`), with the IPsec states and policies that have its number.",
  args: vrfMember,
  options: {
    /** Number of its states and policies (`if_id`). */
    ifId: {
      input: integer(1, 0xffffffff),
      word: "if_id",
      read: ({ if_id }) => Number(if_id),
    },
    /** Link for the encrypted packets, in the same namespace. Default: the routes decide. */
    link: { input: anyLowerLink, word: "dev", isAlways: true, read: (_data, { link }) => link ?? undefined },
  },
  unset: { arp: false, multicast: false },
  lacks: () => ({ mac: "it carries packets, not frames" }),
});
