import { isIP } from "node:net";
import { z } from "zod";
import { integer, numberOrText } from "../../schema/fields";
import { matching, numberRange, option, type Words, withoutNegation } from "./iptables-words";

const flagNames = "(SYN|ACK|FIN|RST|URG|PSH)";
const flagList = `(ALL|NONE|${flagNames}(,${flagNames})*)`;

/** Names of ICMP types, and the numbers that iptables prints for them. */
const icmpNames = {
  ipv4: {
    "echo-reply": "0",
    "destination-unreachable": "3",
    "network-unreachable": "3/0",
    "host-unreachable": "3/1",
    "port-unreachable": "3/3",
    "fragmentation-needed": "3/4",
    redirect: "5",
    "echo-request": "8",
    "router-advertisement": "9",
    "router-solicitation": "10",
    "time-exceeded": "11",
    "parameter-problem": "12",
  },
  ipv6: {
    "destination-unreachable": "1",
    "packet-too-big": "2",
    "time-exceeded": "3",
    "parameter-problem": "4",
    "echo-request": "128",
    "echo-reply": "129",
    "router-solicitation": "133",
    "router-advertisement": "134",
    "neighbour-solicitation": "135",
    "neighbour-advertisement": "136",
    redirect: "137",
  },
} as const;

/** Does the IP version have an ICMP type with this name? Numbers are valid in both. */
export function isIcmpType(text: string, family: "ipv4" | "ipv6"): boolean {
  const type = withoutNegation(text);
  return type in icmpNames[family] || (type === "any" && family === "ipv4") || /^\d/.test(type);
}

const addressRange = z.string().refine((text) => {
  const [first = "", last = "", ...rest] = withoutNegation(text).split("-");
  return isIP(first) !== 0 && isIP(first) === isIP(last) && rest.length === 0 && !text.includes("%");
}, 'must be a range of addresses, 10.0.0.1-10.0.0.9; "! " before it negates');

const hops = integer(0, 255);

export const packetMatchArgs = {
  /**
   * TCP flags: the flags to compare, then those of them that must be set, "SYN,ACK,FIN,RST SYN"; "syn" is short for that.
   * Needs `protocol` tcp.
   */
  tcpFlags: matching(
    new RegExp(`syn|${flagList} ${flagList}`),
    'must be "syn", or two lists of SYN, ACK, FIN, RST, URG and PSH: "SYN,RST SYN"',
  ).optional(),
  /** ICMP type, with or without code: 8, "3/4" or "echo-request". Needs `protocol` icmp, or icmpv6 with family ipv6. */
  icmpType: numberOrText(
    matching(/[a-z][a-z-]{0,31}|\d{1,3}(\/\d{1,3})?/, "must be a name such as echo-request, or TYPE[/CODE]").refine(
      (text) => (text.match(/\d+/g) ?? []).every((number) => Number(number) <= 255),
      "must have numbers up to 255",
    ),
  ).optional(),
  /** Source address of the frame. */
  macSource: matching(
    /[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}/,
    "must be a MAC address such as 02:00:00:00:00:01",
  ).optional(),
  /** Length of the packet in bytes, or a range: "0:500". */
  length: numberRange(":", 65535, "bytes").optional(),
  /** Time to live, or hop limit for IPv6: give one of the three. */
  ttl: z
    .strictObject({
      /** Equal to this. */
      eq: hops.optional(),
      /** Less than this. */
      lt: hops.optional(),
      /** Greater than this. */
      gt: hops.optional(),
    })
    .refine((value) => Object.keys(value).length === 1, "must have one of eq, lt and gt")
    .optional(),
  /** Ranges of addresses that are not networks. */
  ipRange: z
    .strictObject({
      /** Range of the source address, `10.0.0.1-10.0.0.9`. */
      source: addressRange.optional(),
      /** Range of the destination address. */
      destination: addressRange.optional(),
    })
    .refine((value) => Object.keys(value).length > 0, "needs source or destination")
    .optional(),
} as const;

const syn = "FIN,SYN,RST,ACK SYN";

/** Matches of properties of the packet itself. */
export const packetMatches: Words<typeof packetMatchArgs> = {
  tcpFlags: {
    options: ["--tcp-flags"],
    modules: ["tcp"],
    argv(value) {
      const [mask = "", set = ""] = withoutNegation(value).replace(/^syn$/, syn).split(" ");
      return [...option("--tcp-flags", value.startsWith("! ") ? `! ${mask}` : mask), set];
    },
    read: (text) => text?.replace(syn, "syn"),
  },
  icmpType: {
    options: ["--icmp-type", "--icmpv6-type"],
    modules: ["icmp", "icmp6"],
    argv: (value, family) =>
      family === "ipv6"
        ? ["-m", "icmp6", ...option("--icmpv6-type", value)]
        : ["-m", "icmp", ...option("--icmp-type", value)],
    read: (four, six) => four ?? six,
  },
  macSource: {
    options: ["--mac-source"],
    modules: ["mac"],
    places: () => ({ chains: ["PREROUTING", "INPUT", "FORWARD"] }),
    argv: (value) => ["-m", "mac", ...option("--mac-source", value)],
    read: (text) => text,
  },
  length: {
    options: ["--length"],
    modules: ["length"],
    argv: (value) => ["-m", "length", ...option("--length", value)],
    read: (text) => text,
  },
  ttl: {
    options: (["ttl", "hl"] as const).flatMap((name) => [`--${name}-eq`, `--${name}-lt`, `--${name}-gt`]),
    modules: ["ttl", "hl"],
    argv(value, family) {
      const name = family === "ipv6" ? "hl" : "ttl";
      return ["-m", name, ...Object.entries(value).flatMap(([key, each]) => [`--${name}-${key}`, String(each)])];
    },
    read(...values) {
      const [eq, lt, gt] = [0, 1, 2].map((index) => values[index] ?? values[index + 3]).map(numberIn);
      return { eq, lt, gt };
    },
  },
  ipRange: {
    options: ["--src-range", "--dst-range"],
    modules: ["iprange"],
    argv: ({ source, destination }) => [
      ...["-m", "iprange"],
      ...(source ? option("--src-range", source) : []),
      ...(destination ? option("--dst-range", destination) : []),
    ],
    read: (source, destination) => ({ source, destination }),
  },
};

/** A negated value stays text: no input can express it. */
function numberIn(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}
