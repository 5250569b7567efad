import { z } from "zod";
import { defineKind, inNetns } from "../../core/kind";
import { LocalnetError } from "../../errors";
import { at, integer, number32, parseAt } from "../../schema/fields";
import { allPorts, destroySet, ipset, readSets, restoreSets, type SavedSet } from "../../tools/ipset";
import { wouldLoad } from "../../tools/modules";
import { badEntry, canonicalEntry, types } from "./ip-set-entries";

/** The kernel's default size of a set. */
const defaultElements = 65536;

export const ipSet = defineKind({
  type: "IpSet",
  summary: "A set of addresses, networks or ports for rules of iptables (`ipset`).",
  args: {
    /** Name, 1 to 31 characters. */
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,30}$/,
        'must be 1 to 31 of letters, digits, "_", ".", ":" and "-", the first a letter or digit',
      )
      .meta({ replace: true, busy: true }),
    ...inNetns,
    /** Parts of an entry: hash:ip, hash:net, hash:ip,port and others of ipset's hash types, or bitmap:port. */
    type: z.enum(types, { error: `must be one of ${types.join(", ")}` }).meta({ replace: true }),
    /** IP version of the addresses: ipv4 or ipv6. */
    family: z.enum(["ipv4", "ipv6"], { error: "must be ipv4 or ipv6" }).default("ipv4").meta({ replace: true }),
    /**
     * Seconds after which an entry that somebody else adds expires; the entries given here stay. Default: none, all entries
     * stay.
     */
    timeout: integer(0, 2147483).optional().meta({ replace: true }),
    /** Are packets and bytes counted for each entry? */
    counters: z.boolean("must be true or false").default(false).meta({ replace: true }),
    /** Largest number of entries. */
    maxElements: number32.min(1, "must be at least 1").default(defaultElements).meta({ replace: true }),
    /** Entries: "10.0.0.1", "10.0.0.0/24", "10.0.0.1,tcp:80", "30080". Other entries of the set are not changed. */
    entries: z
      .array(z.string().transform(canonicalEntry))
      .default([])
      .meta({ subset: (entry: string) => entry, unset: [] }),
  },
  outputs: {},
  needs: ["ipset", "nsenter"],
  /** `NAME@NETNS` */
  id: ({ name, netns }) => at(name, netns),
  unmarked: true,

  *rules({ type, family, entries, maxElements }) {
    if (hasNoAddresses(type) && family === "ipv6")
      yield ["family", `must not be given: type ${type} holds no addresses`];
    if (type === "bitmap:port" && maxElements !== defaultElements)
      yield ["maxElements", "must not be given: type bitmap:port can hold every port"];
    for (const [index, entry] of entries.entries()) {
      const wrong = badEntry(entry, type, family);
      if (wrong) yield [`entries.${index}`, wrong];
      else if (entries.indexOf(entry) !== index) yield [`entries.${index}`, "is there twice"];
    }
    if (entries.length > maxElements) yield ["entries", `must be at most ${maxElements}, as maxElements says`];
  },

  async observe(host, { name, netns }) {
    const set = (await readSets(host, netns)).find((each) => each.name === name);
    if (!set) return undefined;
    const { type, family = "ipv4", timeout, counters, maxElements = defaultElements, entries } = set;
    const inputs = { type, family, timeout, counters, maxElements, entries: entries.map(canonicalEntry) };
    return { owner: null, inputs, outputs: {} };
  },

  async ensure(host, args, observed, recorded) {
    const { name, netns, entries, timeout } = args;
    const existing = new Set(observed?.inputs.entries);
    if (!observed) await ipset(host, netns, "create", name, ...optionsOf(args));
    const wanted = new Set(entries);
    const surplus = (recorded?.entries ?? []).filter((entry) => existing.has(entry) && !wanted.has(entry));
    const missing = entries.filter((entry) => !existing.has(entry));
    // In a set whose entries expire, 0 makes an entry stay.
    const forever = timeout === undefined ? "" : " timeout 0";
    await restoreSets(host, netns, [
      ...surplus.map((entry) => `del ${name} ${entry} -exist`),
      ...missing.map((entry) => `add ${name} ${entry}${forever} -exist`),
    ]);
  },

  async remove(host, { name, netns }) {
    await destroySet(host, netns, name);
  },

  imports: {
    parse(id) {
      return parseAt(id) as { name: string };
    },
    async list(host, netns) {
      const sets = (await wouldLoad(host, "ip_set")) ? [] : await readSets(host, netns);
      return sets.map(({ name, type, others }) => ({
        id: at(name, netns),
        omit: others.length > 0 ? `there is no input for ${others.join(", ")} of a set of type ${type}` : undefined,
      }));
    },
    async locate(host, args) {
      const set = (await readSets(host, args.netns)).find((each) => each.name === args.name);
      if (!set) return undefined;
      if (set.others.length === 0) return { ...args, ...argsOf(set) };
      throw new LocalnetError(
        "LN_INPUT",
        `there is no input for ${set.others.join(", ")} of a set of type ${set.type}`,
      );
    },
  },
});

/** The kernel accepts no IP version for these types. */
function hasNoAddresses(type: string | undefined): boolean {
  return type === "hash:mac" || type === "bitmap:port";
}

function argsOf({ type, family = "ipv4", timeout, counters, maxElements = defaultElements }: SavedSet) {
  return { type, family, timeout, counters, maxElements };
}

/** The options of `ipset create`. */
export function optionsOf({ type, family, timeout, counters, maxElements }: Omit<Partial<SavedSet>, "name">): string[] {
  return [
    ...[type ?? "", ...(hasNoAddresses(type) ? [] : ["family", family === "ipv6" ? "inet6" : "inet"])],
    ...(timeout === undefined ? [] : ["timeout", String(timeout)]),
    ...(counters ? ["counters"] : []),
    ...(type === "bitmap:port" ? ["range", allPorts] : ["maxelem", String(maxElements)]),
  ];
}
