import { z } from "zod";
import { integer, number32, whenUnknown } from "../../schema/fields";
import { packetMatchArgs, packetMatches } from "./iptables-packet-matches";
import { protocol, protocolWord } from "./iptables-protocol";
import { readRate, stateMatchArgs, stateMatches } from "./iptables-state-matches";
import {
  interfaceName,
  markValue,
  matching,
  network,
  option,
  portOptions,
  ports,
  readSet,
  setFlags,
  type Words,
} from "./iptables-words";

const states = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT"] as const;
const addressTypes = [
  "UNSPEC",
  "UNICAST",
  "LOCAL",
  "BROADCAST",
  "ANYCAST",
  "MULTICAST",
  "BLACKHOLE",
  "UNREACHABLE",
  "PROHIBIT",
];

const addressType = matching(new RegExp(addressTypes.join("|")), `must be one of ${addressTypes.join(", ")}`);

const setName = matching(/[A-Za-z0-9][A-Za-z0-9_.:-]{0,30}/, "must be the name of a set");

const incoming = ["PREROUTING", "INPUT", "FORWARD"] as const;
const outgoing = ["FORWARD", "OUTPUT", "POSTROUTING"] as const;

const basicMatchArgs = {
  /** Protocol: tcp, udp, sctp, udplite, dccp, icmp, icmpv6, esp, ah, gre, igmp, ospf, vrrp, all, or its number. */
  protocol: protocol.optional(),
  /** Source address or network, `10.0.0.0/8`. */
  source: network.optional(),
  /** Destination address or network. */
  destination: network.optional(),
  /** Link that the packet came in by; a "+" at the end matches all names that begin so. */
  inInterface: interfaceName.optional(),
  /** Link that the packet goes out by. */
  outInterface: interfaceName.optional(),
  /** Source ports: 80, "80,443" or "8000:8080". Needs `protocol` tcp, udp or sctp. */
  sourcePorts: ports.optional(),
  /** Destination ports. Needs `protocol` tcp, udp or sctp. */
  destinationPorts: ports.optional(),
  /**
   * States of the connection, of which one must match: NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED, SNAT, DNAT. "! "
   * before the first negates them all.
   */
  ctstate: z
    .array(matching(new RegExp(states.join("|")), `must be among ${states.join(", ")}`))
    .min(1, "must not be empty")
    .refine(([, ...rest]) => rest.every((state) => !state.startsWith("!")), 'can have "! " before the first only')
    .optional(),
  /** Mark of the packet, with or without mask: 16, "0x10" or "0x10/0xff". */
  mark: markValue.optional(),
  /** Set that contains the packet: its name, and the part of the packet for each of its dimensions. */
  matchSet: z
    .strictObject({
      /** Name of the ipset. */
      name: setName.meta({ reference: "name", of: "IpSet" }),
      /** "src" or "dst" for each dimension. */
      flags: setFlags,
    })
    .optional()
    .meta({ replace: whenUnknown }),
  /** Type of the addresses in the host's routing: LOCAL, UNICAST, BROADCAST, MULTICAST and others of the addrtype match. */
  addressType: z
    .strictObject({
      /** Type of the source address. */
      source: addressType.optional(),
      /** Type of the destination address. */
      destination: addressType.optional(),
    })
    .optional(),
  /** A share of the packets: random with `probability`, or every n-th with `every` and `packet`. */
  statistic: z
    .union(
      [
        z.strictObject({
          /** Share of the packets that match. */
          probability: z.number().min(0).max(1),
        }),
        z.strictObject({
          /** Every n-th packet matches. */
          every: number32.min(1),
          /** Which of the n packets matches, from 0. */
          packet: number32.default(0),
        }),
      ],
      { error: "must be { probability: 0 to 1 } or { every: n, packet: 0 to n-1 }" },
    )
    .optional(),
  /** Bridge port that the packet came in by. */
  physdevIn: interfaceName.optional(),
  /** Bridge port that the packet goes out by. */
  physdevOut: interfaceName.optional(),
  /** Did the packet come in by a port of a bridge? */
  physdevIsIn: z.boolean("must be true or false").optional(),
  /** Largest rate of matches. */
  limit: z
    .strictObject({
      /** Number per second, minute, hour or day: "10/second". */
      rate: z
        .string()
        .regex(/^[1-9]\d{0,4}\/(second|minute|hour|day)$/, "must be such as 10/second, per second, minute, hour or day")
        .refine((rate) => !/^([2-9]\d|1(?!0000)\d)\d{3}\/second$/.test(rate), "must be at most 10000/second"),
      /** Matches before the rate applies. */
      burst: integer(1, 10000).default(5),
    })
    .optional(),
} as const;

export const matchArgs = { ...basicMatchArgs, ...packetMatchArgs, ...stateMatchArgs } as const;

const asPrinted = (text: string | undefined) => text;
const either = (one: string | undefined, other: string | undefined) => one ?? other;
/** iptables adds a prefix length to single addresses. */
const withoutPrefix = (text = "") => text.replace(/\/(32|128)$/, "");

const basicMatches: Words<typeof basicMatchArgs> = {
  protocol: protocolWord,
  source: { options: ["-s"], argv: (value) => option("-s", value), read: withoutPrefix },
  destination: { options: ["-d"], argv: (value) => option("-d", value), read: withoutPrefix },
  inInterface: {
    options: ["-i"],
    places: () => ({ chains: incoming }),
    argv: (value) => option("-i", value),
    read: asPrinted,
  },
  outInterface: {
    options: ["-o"],
    places: () => ({ chains: outgoing }),
    argv: (value) => option("-o", value),
    read: asPrinted,
  },
  sourcePorts: {
    options: ["--sport", "--sports"],
    modules: ["tcp", "udp", "sctp", "multiport"],
    argv: portOptions("--sport", "--sports"),
    read: either,
  },
  destinationPorts: {
    options: ["--dport", "--dports"],
    modules: ["tcp", "udp", "sctp", "multiport"],
    argv: portOptions("--dport", "--dports"),
    read: either,
  },
  ctstate: {
    options: ["--ctstate"],
    modules: ["conntrack"],
    argv: (value) => ["-m", "conntrack", ...option("--ctstate", value.join(","))],
    read: (text) => text?.split(","),
  },
  mark: {
    options: ["--mark"],
    modules: ["mark"],
    argv: (value) => ["-m", "mark", ...option("--mark", value)],
    read: asPrinted,
  },
  matchSet: {
    options: ["--match-set"],
    modules: ["set"],
    argv: ({ name, flags }) => ["-m", "set", ...option("--match-set", name), flags.join(",")],
    read: readSet,
  },
  addressType: {
    options: ["--src-type", "--dst-type"],
    modules: ["addrtype"],
    argv: ({ source, destination }) => [
      ...["-m", "addrtype"],
      ...(source ? option("--src-type", source) : []),
      ...(destination ? option("--dst-type", destination) : []),
    ],
    read: (source, destination) => ({ source, destination }),
  },
  statistic: {
    options: ["--mode", "--probability", "--every", "--packet"],
    modules: ["statistic"],
    argv: (value) =>
      "every" in value
        ? ["-m", "statistic", "--mode", "nth", "--every", String(value.every), "--packet", String(value.packet)]
        : ["-m", "statistic", "--mode", "random", "--probability", value.probability.toFixed(11)],
    read: (mode, probability, every, packet = "0") =>
      mode === "random" ? { probability: Number(probability) } : { every: Number(every), packet: Number(packet) },
  },
  physdevIn: {
    options: ["--physdev-in"],
    modules: ["physdev"],
    argv: (value) => ["-m", "physdev", ...option("--physdev-in", value)],
    read: asPrinted,
  },
  physdevOut: {
    options: ["--physdev-out"],
    modules: ["physdev"],
    places: () => ({ chains: ["PREROUTING", "INPUT", "FORWARD", "POSTROUTING"] }),
    argv: (value) => ["-m", "physdev", ...option("--physdev-out", value)],
    read: asPrinted,
  },
  physdevIsIn: {
    options: ["--physdev-is-in"],
    modules: ["physdev"],
    argv: (value) => ["-m", "physdev", ...(value ? [] : ["!"]), "--physdev-is-in"],
    read: (text) => !text?.startsWith("!"),
  },
  limit: {
    options: ["--limit", "--limit-burst"],
    modules: ["limit"],
    argv: ({ rate, burst }) => ["-m", "limit", "--limit", rate, "--limit-burst", String(burst)],
    read: (rate, burst = "5") => ({ rate: readRate(rate), burst: Number(burst) }),
  },
};

export const matches: Words<typeof matchArgs> = { ...basicMatches, ...packetMatches, ...stateMatches };
