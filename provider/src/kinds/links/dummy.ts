import { addressesOf } from "../../tools/ip/link-addresses";
import { defineLink } from "./define-link";
import { portArgs } from "./options";

export const dummy = defineLink({
  type: "Dummy",
  linkType: "dummy",
  summary: "A dummy link: it holds addresses, and drops packets that are sent through it.",
  args: portArgs,
  options: {},
  unset: { arp: false, multicast: false },
  // The module makes one by itself, which is down and has no addresses.
  isImportable: (link) => link.flags.includes("UP") || addressesOf(link).length > 0,
});
