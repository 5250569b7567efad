import { addressesOf } from "../../tools/ip/links";
import { defineLink } from "./define-link";
import { portArgs } from "./options";

export const dummy = defineLink({
  type: "Dummy",
  linkType: "dummy",
  summary: "A dummy link: it holds addresses and drops what is sent into it.",
  args: portArgs,
  options: {},
  unset: { arp: false, multicast: false },
  // The module makes a first one by itself, which is down and holds nothing.
  isImportable: (link) => link.flags.includes("UP") || addressesOf(link).length > 0,
});
