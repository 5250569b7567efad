import { z } from "zod";
import type { KernelObject, ObjectReader } from "../../core/kernel-object";
import { netlinkFamilies } from "../genl";
import { ip } from "../ip/ip";
import { parseJson } from "../ip/json";

// What labs rarely have and no kind makes.

type Entry = Readonly<Record<string, unknown>>;

interface Listing {
  readonly name: string;
  /** Its family of generic netlink. It is only listed if the family exists, because listing it would load the module. */
  readonly family?: string;
  /** The arguments of `ip` that list it. */
  readonly words: readonly string[];
  /** An object in the tool's words; undefined: a new namespace has it too. */
  what(entry: Entry): string | undefined;
}

export const listings: readonly Listing[] = [
  {
    ...{ name: "tunnels of L2TP", family: "l2tp", words: ["l2tp", "show", "tunnel"] },
    what: ({ tunnel_id: id, local, peer }) => `l2tp tunnel ${id} from ${local} to ${peer}`,
  },
  {
    ...{ name: "endpoints of MPTCP", family: "mptcp_pm", words: ["mptcp", "endpoint", "show"] },
    what: ({ address, id }) => `mptcp endpoint ${address} id ${id}`,
  },
  {
    ...{ name: "namespaces of IOAM", family: "IOAM6", words: ["ioam", "namespace", "show"] },
    what: ({ namespace }) => `ioam namespace ${namespace}`,
  },
  {
    ...{ name: "schemas of IOAM", family: "IOAM6", words: ["ioam", "schema", "show"] },
    what: ({ schema }) => `ioam schema ${schema}`,
  },
  {
    ...{ name: "routes of multicast", words: ["mroute", "show"] },
    what: ({ src, dst, iif }) => `mroute ${src} ${dst} iif ${iif}`,
  },
  {
    ...{ name: "routes of multicast, IPv6", words: ["-6", "mroute", "show"] },
    what: ({ src, dst, iif }) => `mroute ${src} ${dst} iif ${iif}`,
  },
  multicastRules("ipv4", "-4"),
  multicastRules("ipv6", "-6"),
  {
    ...{ name: "tokens of links", words: ["token", "list"] },
    what: ({ token, ifname }) => (token === "::" ? undefined : `token ${token} dev ${ifname}`),
  },
];

/** The rules that choose a table for multicast packets. The kernel's own rule is the last. */
function multicastRules(family: string, option: string): Listing {
  return {
    ...{ name: `rules of multicast, ${family}`, words: [option, "-N", "-d", "mrule", "show"] },
    what: ({ priority, protocol }) => (protocol === "2" ? undefined : `${family} mrule ${priority}`),
  };
}

export function readerOf({ name, family, words, what }: Listing): ObjectReader {
  return {
    name,
    async read(host, netns) {
      if (family !== undefined && !(await netlinkFamilies(host)).includes(family)) return [];
      const entries = z.array(z.looseObject({})).parse(parseJson((await ip(host, netns, "-j", ...words)) || "[]"));
      return objectsOf(entries.map(what));
    },
  };
}

export function objectsOf(list: readonly (string | undefined)[]): KernelObject[] {
  return list.flatMap((what) => (what === undefined ? [] : [{ what, why: "no kind has it", coveredBy: [] }]));
}
