import { addressesOf } from "../../tools/ip/links";
import { defineLink } from "./define-link";
import { portArgs } from "./options";

export const ifb = defineLink({
  type: "Ifb",
  linkType: "ifb",
  summary:
    "An intermediate functional block: a link that others' incoming packets are sent through, to be queued there.",
  args: portArgs,
  options: {},
  lacks: () => ({ mac: "the kernel draws it, and does not change it" }),
  unset: { arp: false, multicast: false, txQueueLength: 32 },
  // The module makes two by itself, which are down and hold nothing.
  isImportable: (link) => link.flags.includes("UP") || addressesOf(link).length > 0,
});
