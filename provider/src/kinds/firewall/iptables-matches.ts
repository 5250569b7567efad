import { z } from "zod";
import { address, cidr, number32 } from "../../schema/fields";

const negation = /^! /;

/** An option and its value; a leading "! " of the value stands before the option. */
function option(name: string, value: string | number): string[] {
  const text = String(value);
  return negation.test(text) ? ["!", name, text.replace(negation, "")] : [name, text];
}

function matching(pattern: RegExp, rule: string) {
  return z.string().regex(new RegExp(`^(! )?(${pattern.source})$`), `${rule}; "! " before it negates`);
}

const word = (rule: string) => matching(/[A-Za-z0-9][A-Za-z0-9_.-]{0,30}/, rule);
const interfaceName = matching(
  /[A-Za-z0-9][A-Za-z0-9_.-]{0,14}|[A-Za-z0-9][A-Za-z0-9_.-]{0,13}\+/,
  'must be the name of a link, or its start and "+"',
);

const network = z
  .string()
  .refine(
    (text) => z.union([cidr, address]).safeParse(text.replace(negation, "")).success,
    'must be an address or a network such as 10.0.0.0/8; "! " before it negates',
  );

const portNumber = /([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])/.source;
const portRange = `${portNumber}(:${portNumber})?`;
const ports = z
  .union([z.number().transform(String), z.string()])
  .pipe(matching(new RegExp(`${portRange}(,${portRange})*`), "must be ports 1 to 65535: 80, 80,443 or 8000:8080"));

function portOptions(single: string, several: string) {
  return (value: string) =>
    value.includes(",") ? ["-m", "multiport", ...option(several, value)] : option(single, value);
}

const protocols = ["tcp", "udp", "sctp", "icmp", "icmpv6", "esp", "ah", "gre"] as const;
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

export const markValue = z
  .union([number32.transform((value) => `0x${value.toString(16)}`), z.string()], {
    error: "must be a number or a text such as 0x10/0xff",
  })
  .pipe(
    matching(
      /(0x[0-9a-f]{1,8}|\d{1,10})(\/(0x[0-9a-f]{1,8}|\d{1,10}))?/,
      "must be a mark with or without mask, 0x10 or 0x10/0xff",
    ),
  );

export const matchArgs = {
  /** Protocol: tcp, udp, sctp, icmp, icmpv6, esp, ah or gre. */
  protocol: matching(new RegExp(protocols.join("|")), `must be one of ${protocols.join(", ")}`).optional(),
  /** Source address or network, `10.0.0.0/8`. */
  source: network.optional(),
  /** Destination address or network. */
  destination: network.optional(),
  /** Link that the packet came in by; a "+" at the end stands for any rest. */
  inInterface: interfaceName.optional(),
  /** Link that the packet goes out by. */
  outInterface: interfaceName.optional(),
  /** Source ports: 80, "80,443" or "8000:8080". Needs `protocol` tcp, udp or sctp. */
  sourcePorts: ports.optional(),
  /** Destination ports. Needs `protocol` tcp, udp or sctp. */
  destinationPorts: ports.optional(),
  /** States of the connection, of which it is in one. */
  ctstate: z
    .array(z.enum(states, { error: `must be among ${states.join(", ")}` }))
    .min(1, "must not be empty")
    .optional(),
  /** Mark on the packet, with or without mask: 16, "0x10" or "0x10/0xff". */
  mark: markValue.optional(),
  /** Set that holds the packet: its name, and which part of the packet each of its dimensions is. */
  matchSet: z
    .strictObject({
      /** Name of the ipset. */
      name: word("must be the name of a set"),
      /** "src" or "dst" for each dimension. */
      flags: z
        .array(z.enum(["src", "dst"], { error: "must be src or dst" }))
        .min(1, "must not be empty")
        .max(6, "must be at most 6"),
    })
    .optional(),
  /** Kind of the addresses, as routing sees them: LOCAL, UNICAST, BROADCAST, MULTICAST and others of the addrtype match. */
  addressType: z
    .strictObject({
      /** Kind of the source address. */
      source: addressType.optional(),
      /** Kind of the destination address. */
      destination: addressType.optional(),
    })
    .optional(),
  /** A share of the packets: at random with `probability`, or every n-th with `every` and `packet`. */
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
          /** Which of the n it is, from 0. */
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
  /** Largest rate of matches. */
  limit: z
    .strictObject({
      /** Number per second, minute, hour or day: "10/second". */
      rate: z
        .string()
        .regex(
          /^[1-9]\d{0,4}\/(second|minute|hour|day)$/,
          "must be such as 10/second, per second, minute, hour or day",
        ),
      /** Matches before the rate counts. */
      burst: z.int("must be a whole number").min(1, "must be 1 to 10000").max(10000, "must be 1 to 10000").default(5),
    })
    .optional(),
} as const;

type MatchArgs = z.output<z.ZodObject<typeof matchArgs>>;
/** How each input is said to iptables: the options that it prints for it, the words that it takes, and what their values mean. */
type MatchTable = {
  readonly [K in keyof MatchArgs]-?: {
    readonly options: readonly string[];
    argv(value: NonNullable<MatchArgs[K]>): string[];
    read(...values: (string | undefined)[]): unknown;
  };
};

const asPrinted = (text: string | undefined) => text;
const either = (one: string | undefined, other: string | undefined) => one ?? other;
/** iptables adds the prefix length to a lone address. */
const withoutPrefix = (text = "") => text.replace(/\/(32|128)$/, "");
const units: Readonly<Record<string, string>> = { sec: "second", min: "minute" };

export const matches: MatchTable = {
  protocol: {
    options: ["-p"],
    argv: (value) => option("-p", value),
    read: (text) => text?.replace("ipv6-icmp", "icmpv6"),
  },
  source: { options: ["-s"], argv: (value) => option("-s", value), read: withoutPrefix },
  destination: { options: ["-d"], argv: (value) => option("-d", value), read: withoutPrefix },
  inInterface: { options: ["-i"], argv: (value) => option("-i", value), read: asPrinted },
  outInterface: { options: ["-o"], argv: (value) => option("-o", value), read: asPrinted },
  sourcePorts: { options: ["--sport", "--sports"], argv: portOptions("--sport", "--sports"), read: either },
  destinationPorts: { options: ["--dport", "--dports"], argv: portOptions("--dport", "--dports"), read: either },
  ctstate: {
    options: ["--ctstate"],
    argv: (value) => ["-m", "conntrack", "--ctstate", value.join(",")],
    read: (text) => text?.split(","),
  },
  mark: { options: ["--mark"], argv: (value) => ["-m", "mark", ...option("--mark", value)], read: asPrinted },
  matchSet: {
    options: ["--match-set"],
    argv: ({ name, flags }) => ["-m", "set", ...option("--match-set", name), flags.join(",")],
    read: (text) => ({ name: text?.replace(/ \S+$/, ""), flags: text?.split(" ").at(-1)?.split(",") }),
  },
  addressType: {
    options: ["--src-type", "--dst-type"],
    argv: ({ source, destination }) => [
      ...["-m", "addrtype"],
      ...(source ? option("--src-type", source) : []),
      ...(destination ? option("--dst-type", destination) : []),
    ],
    read: (source, destination) => ({ source, destination }),
  },
  statistic: {
    options: ["--mode", "--probability", "--every", "--packet"],
    argv: (value) =>
      "every" in value
        ? ["-m", "statistic", "--mode", "nth", "--every", String(value.every), "--packet", String(value.packet)]
        : ["-m", "statistic", "--mode", "random", "--probability", value.probability.toFixed(11)],
    read: (mode, probability, every, packet = "0") =>
      mode === "random" ? { probability: Number(probability) } : { every: Number(every), packet: Number(packet) },
  },
  physdevIn: {
    options: ["--physdev-in"],
    argv: (value) => ["-m", "physdev", ...option("--physdev-in", value)],
    read: asPrinted,
  },
  physdevOut: {
    options: ["--physdev-out"],
    argv: (value) => ["-m", "physdev", ...option("--physdev-out", value)],
    read: asPrinted,
  },
  limit: {
    options: ["--limit", "--limit-burst"],
    argv: ({ rate, burst }) => ["-m", "limit", "--limit", rate, "--limit-burst", String(burst)],
    read: (rate, burst = "5") => ({
      rate: rate?.replace(/sec$|min$/, (unit) => units[unit] ?? unit),
      burst: Number(burst),
    }),
  },
};
