import { addressesOf } from "../../tools/ip/link-addresses";
import { defineLink } from "./define-link";
import { portArgs } from "./options";

export const ifb = defineLink({
  type: "Ifb",
  linkType: "ifb",
  summary: "An intermediate functional block: incoming packets of other links are redirected to it and queued there.",
  args: portArgs,
  options: {},
  lacks: () => ({ mac: "the kernel chooses a random one, and cannot change it" }),
  unset: { arp: false, multicast: false, txQueueLength: 32 },
  // The module makes two by itself, which are down and have no addresses.
  isImportable: (link) => link.flags.includes("UP") || addressesOf(link).length > 0,
});
