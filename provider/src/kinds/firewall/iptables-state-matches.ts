import { z } from "zod";
import { integer, number32 } from "../../schema/fields";
import { flag, numberRange, option, type Words } from "./iptables-words";

/** One less than the largest number, which means "nobody" to the kernel. */
const ids = numberRange("-", 4294967294, "a number");

const listName = (most: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,${most - 1}}$`),
      `must be 1 to ${most} of letters, digits, "_", "." and "-"`,
    );

const recentActions = ["set", "rcheck", "update", "remove"] as const;
const hashModes = ["srcip", "srcport", "dstip", "dstport"] as const;
const yes = z.literal(true, "must be true, or left out").optional();

export const stateMatchArgs = {
  /** User of the process on this host that sends the packet: a number, or a range "1000-1999". */
  uidOwner: ids.optional(),
  /** Group of the process on this host that sends the packet: a number or a range. */
  gidOwner: ids.optional(),
  /** A socket on this host receives the packet; `{}` has no other condition. */
  socket: z
    .strictObject({
      /** The socket belongs to a transparent proxy. */
      transparent: yes,
    })
    .optional(),
  /** The reply to the packet would leave by the link that it came in by; `{}` has no other condition. */
  rpfilter: z
    .strictObject({
      /** It would not leave by that link. */
      invert: yes,
      /** Any link is accepted. */
      loose: yes,
    })
    .optional(),
  /** Did, or will, IPsec transform the packet? */
  ipsecPolicy: z
    .strictObject({
      /** "in": it did; "out": it will. */
      dir: z.enum(["in", "out"], { error: "must be in or out" }),
      /** "ipsec": transformed; "none": not transformed. */
      pol: z.enum(["ipsec", "none"], { error: "must be ipsec or none" }),
    })
    .optional(),
  /** Rate of packets, counted for each group of them. */
  hashlimit: z
    .strictObject({
      /** Name of the table with the counters, /proc/net/ipt_hashlimit/NAME. */
      name: listName(15),
      /** Matches while the rate is not above this: "10/second", per second, minute or hour. */
      upto: z.string().optional(),
      /** Matches when the rate is above this. */
      above: z.string().optional(),
      /** Packets before the rate applies. */
      burst: integer(1, 10000).default(5),
      /**
       * What distinguishes the groups: "srcip", "srcport", "dstip" or "dstport". Default: nothing, all packets count
       * together.
       */
      mode: z
        .array(z.enum(hashModes, { error: `must be among ${hashModes.join(", ")}` }))
        .min(1, "must not be empty")
        .optional(),
      /** Milliseconds after which an idle counter is removed. Default: the unit of the rate, 1000 for a rate per second. */
      htableExpire: number32.min(1, "must be at least 1").optional(),
    })
    .refine(({ upto, above }) => (upto === undefined) !== (above === undefined), "needs upto or above, not both")
    .refine(
      ({ upto, above }) => /^[1-9]\d{0,4}\/(second|minute|hour)$/.test(upto ?? above ?? ""),
      "must have a rate such as 10/second, per second, minute or hour",
    )
    .optional(),
  /** Addresses that were seen recently, in a list. */
  recent: z
    .strictObject({
      /** Name of the list, /proc/net/xt_recent/NAME. */
      name: listName(31),
      /** "set" adds the address; "rcheck" looks it up; "update" also records the time; "remove" removes it. */
      action: z.enum(recentActions, { error: `must be one of ${recentActions.join(", ")}` }),
      /** Does it match if the address is not found? With "set", it never does then. */
      negate: yes,
      /** Address of the packet to use: "source" or "destination". */
      address: z.enum(["source", "destination"], { error: "must be source or destination" }).default("source"),
      /** Seen in the last so many seconds. Only for rcheck and update. */
      seconds: integer(1, 0x7fffffff).optional(), // iptables prints a larger number as a negative one, which it does not accept
      /** Are addresses removed that were not seen for `seconds`? Needs `seconds`. */
      reap: yes,
      /** Seen at least this many times. Only for rcheck and update. */
      hitcount: integer(1, 255).optional(),
    })
    .refine(
      ({ action, seconds, hitcount }) =>
        action === "rcheck" || action === "update" || (seconds === undefined && hitcount === undefined),
      "takes seconds and hitcount only with action rcheck or update",
    )
    .refine(({ seconds, reap }) => !reap || seconds !== undefined, "takes reap only with seconds")
    .optional(),
} as const;

const units: Readonly<Record<string, string>> = { sec: "second", min: "minute" };

/** A rate with the full name of its unit. */
export function readRate(text: string | undefined): string | undefined {
  return text?.replace(/sec$|min$/, (unit) => units[unit] ?? unit);
}

const outgoing = ["OUTPUT", "POSTROUTING"] as const;
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
const given = (text: string | undefined) => (text === undefined ? undefined : true);

/** Matches of what this host knows about the packet. */
export const stateMatches: Words<typeof stateMatchArgs> = {
  uidOwner: {
    options: ["--uid-owner"],
    modules: ["owner"],
    places: () => ({ chains: outgoing }),
    argv: (value) => ["-m", "owner", ...option("--uid-owner", value)],
    read: (text) => text,
  },
  gidOwner: {
    options: ["--gid-owner"],
    modules: ["owner"],
    places: () => ({ chains: outgoing }),
    argv: (value) => ["-m", "owner", ...option("--gid-owner", value)],
    read: (text) => text,
  },
  socket: {
    options: ["-m socket", "--transparent"],
    modules: ["socket"],
    places: () => ({ chains: ["PREROUTING", "INPUT"] }),
    argv: ({ transparent }) => ["-m", "socket", ...flag("--transparent", transparent)],
    read: (_, transparent) => ({ transparent: given(transparent) }),
  },
  rpfilter: {
    options: ["-m rpfilter", "--invert", "--loose"],
    modules: ["rpfilter"],
    places: () => ({ tables: ["mangle", "raw"], chains: ["PREROUTING"] }),
    argv: ({ invert, loose }) => ["-m", "rpfilter", ...flag("--loose", loose), ...flag("--invert", invert)],
    read: (_, invert, loose) => ({ invert: given(invert), loose: given(loose) }),
  },
  ipsecPolicy: {
    options: ["--dir", "--pol"],
    modules: ["policy"],
    places: ({ dir }) => ({
      chains: dir === "in" ? ["PREROUTING", "INPUT", "FORWARD"] : ["FORWARD", ...outgoing],
    }),
    argv: ({ dir, pol }) => ["-m", "policy", "--dir", dir, "--pol", pol],
    read: (dir, pol) => ({ dir, pol }),
  },
  hashlimit: {
    options: ["name", "upto", "above", "burst", "mode", "htable-expire"].map((name) => `--hashlimit-${name}`),
    modules: ["hashlimit"],
    argv: ({ name, upto, above, burst, mode, htableExpire }) => [
      ...["-m", "hashlimit", ...(upto ? ["--hashlimit-upto", upto] : ["--hashlimit-above", above ?? ""])],
      ...["--hashlimit-burst", String(burst), ...(mode ? ["--hashlimit-mode", mode.join(",")] : [])],
      ...["--hashlimit-name", name],
      ...(htableExpire === undefined ? [] : ["--hashlimit-htable-expire", String(htableExpire)]),
    ],
    read: (name, upto, above, burst = "5", mode, htableExpire) => ({
      ...{ name, upto: readRate(upto), above: readRate(above), burst: Number(burst), mode: mode?.split(",") },
      htableExpire: number(htableExpire),
    }),
  },
  recent: {
    options: [...recentActions, "name", "seconds", "reap", "hitcount", "rdest", "rsource", "mask"].map(
      (word) => `--${word}`,
    ),
    modules: ["recent"],
    argv: ({ name, action, negate, address, seconds, reap, hitcount }) => [
      ...["-m", "recent", ...(negate ? ["!"] : []), `--${action}`],
      ...(seconds === undefined ? [] : ["--seconds", String(seconds)]),
      ...flag("--reap", reap),
      ...(hitcount === undefined ? [] : ["--hitcount", String(hitcount)]),
      ...["--name", name, address === "source" ? "--rsource" : "--rdest"],
    ],
    read(...values) {
      const at = recentActions.findIndex((_, index) => values[index] !== undefined);
      const [name, seconds, reap, hitcount, destination, , mask = ""] = values.slice(recentActions.length);
      // A mask that does not cover the whole address is no input.
      const strange = /^(255\.255\.255\.255|(ffff:?){8})?$/.test(mask) ? undefined : mask;
      return {
        ...{ name, action: recentActions[at], negate: given(values[at] || undefined) },
        ...{ seconds: number(seconds), reap: given(reap), hitcount: number(hitcount), mask: strange },
        address: destination === undefined ? "source" : "destination",
      };
    },
  },
};
