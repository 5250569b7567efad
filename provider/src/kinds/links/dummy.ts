import { defineKind, inNetns } from "../../core/kind";
import { at, ifName, parseAt } from "../../schema/fields";
import { addressesOf, groupArgs } from "../../tools/ip/links";
import { ensureLink } from "./ensure";
import {
  importableInputs,
  linkArgs,
  linkOutputs,
  listLinks,
  newLink,
  observedAs,
  observeLink,
  removeLink,
} from "./link";

export const dummy = defineKind({
  type: "Dummy",
  summary: "A dummy link: it holds addresses and drops what is sent into it.",
  args: {
    /** Name, 1 to 15 characters. */
    name: ifName.meta({ replace: true }),
    ...inNetns,
    ...linkArgs,
  },
  outputs: linkOutputs,
  needs: ["ip"],
  /** `NAME@NETNS` */
  id: ({ name, netns }) => at(name, netns),

  async observe(host, args) {
    return (await observeLink(host, args, "dummy", args.owner))?.seen;
  },

  async ensure(host, args, seen, recorded) {
    const add = ["link", "add", "name", args.name, ...groupArgs(args.owner), "type", "dummy"];
    const link = await ensureLink(host, args, args.owner, seen ? [] : [add], seen ?? newLink, recorded);
    return { seen: link && observedAs(link, "dummy", args.owner) };
  },

  remove: removeLink,

  imports: {
    parse: parseAt,
    // The module makes a first one by itself, which is down and holds nothing.
    list: (host, netns) =>
      listLinks(host, netns, "dummy", (link) => link.flags.includes("UP") || addressesOf(link).length > 0),
    ask: (_args, seen) => importableInputs(seen),
  },
});
