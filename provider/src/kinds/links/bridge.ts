import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { at, ifName, parseAt } from "../../schema/fields";
import { groupArgs, type Link, showLink } from "../../tools/ip/links";
import { ensureLink, wantedValue } from "./ensure";
import {
  importableInputs,
  linkArgs,
  linkOutputs,
  listLinks,
  newLink,
  observedAs,
  promiscuous,
  removeLink,
} from "./link";

/** The bridge's own inputs: the name ip has for each, the factor to ip's unit, and the kernel's default. */
const options = [
  { key: "stp", option: "stp_state", factor: 1, unset: false },
  { key: "forwardDelay", option: "forward_delay", factor: 100, unset: 15 },
  { key: "ageingTime", option: "ageing_time", factor: 100, unset: 300 },
  { key: "vlanFiltering", option: "vlan_filtering", factor: 1, unset: false },
] as const;

export const bridge = defineKind({
  type: "Bridge",
  summary: "A Linux bridge.",
  args: {
    /** Name, 1 to 15 characters. */
    name: ifName.meta({ replace: true }),
    ...inNetns,
    ...linkArgs,
    /** Does the bridge take frames that are not for it (`promisc`)? */
    promiscuous,
    /** Spanning tree protocol. Default: the kernel's choice, false. */
    stp: z.boolean().optional(),
    /** Seconds in each of the states before forwarding; with spanning tree at least 2. Default: the kernel's choice, 15. */
    forwardDelay: z.number().min(0, "must be 0 to 30").max(30, "must be 0 to 30").optional(),
    /** Seconds after which an unseen MAC address is forgotten. Default: the kernel's choice, 300. */
    ageingTime: z.number().min(0, "must not be negative").max(1_000_000, "must be at most 1000000").optional(),
    /** Does the bridge tell VLANs apart? Default: the kernel's choice, false. */
    vlanFiltering: z.boolean().optional(),
  },
  outputs: linkOutputs,
  needs: ["ip"],
  /** `NAME@NETNS` */
  id: ({ name, netns }) => at(name, netns),

  observe: async (host, args) => seenOf(await showLink(host, args.netns, args.name), args.owner),

  async ensure(host, args, seen, recorded) {
    const wanted = options.flatMap(({ key, option, factor, unset }) => {
      const want = wantedValue(key, args, recorded, unset);
      return want === undefined || want === seen?.[key] ? [] : [option, String(Math.round(Number(want) * factor))];
    });
    const add = ["link", "add", "name", args.name, ...groupArgs(args.owner), "type", "bridge", ...wanted];
    const set = ["link", "set", "dev", args.name, "type", "bridge", ...wanted];
    const first = seen ? wanted.length && [set] : [add];
    const link = await ensureLink(host, args, args.owner, first || [], seen ?? newLink, recorded);
    return { seen: seenOf(link, args.owner) };
  },

  remove: removeLink,

  imports: {
    parse: parseAt,
    list: (host, netns) => listLinks(host, netns, "bridge"),
    ask: (_args, seen) => ({
      ...importableInputs(seen),
      ...Object.fromEntries(options.map(({ key, unset }) => [key, seen[key] === unset ? undefined : seen[key]])),
    }),
  },
});

function seenOf(link: Link | undefined, owner: string) {
  if (!link) return undefined;
  const data = link.linkinfo?.info_data ?? {};
  return {
    ...observedAs(link, "bridge", owner),
    stp: data.stp_state !== 0,
    forwardDelay: Number(data.forward_delay) / 100,
    ageingTime: Number(data.ageing_time) / 100,
    vlanFiltering: data.vlan_filtering === 1,
  };
}
