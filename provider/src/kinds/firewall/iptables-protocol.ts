import { z } from "zod";
import { matching, option, type Word, withoutNegation } from "./iptables-words";

/** The names of protocols, and what iptables gets for each: a number if it knows no name. */
const protocols = {
  ...{ tcp: "tcp", udp: "udp", sctp: "sctp", udplite: "udplite", dccp: "dccp", icmp: "icmp", icmpv6: "icmpv6" },
  ...{ esp: "esp", ah: "ah", gre: "47", igmp: "2", ospf: "89", vrrp: "112", all: "all" },
} as const;
const protocolNumbers: Readonly<Record<string, string>> = {
  ...{ 0: "all", 1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 50: "esp", 51: "ah", 58: "icmpv6" },
  ...{ 89: "ospf", 112: "vrrp", 132: "sctp", 136: "udplite" },
};
/** Other names that iptables prints for some protocols. */
const printedProtocols: Readonly<Record<string, string>> = {
  "ipv6-icmp": "icmpv6",
  ipencap: "4",
  ipip: "94",
  eigrp: "88",
};
const protocolRule = `must be one of ${Object.keys(protocols).join(", ")}, or a number 0 to 255`;

export const protocol = z
  .union([z.int().transform(String), z.string()], { error: protocolRule })
  .transform((text) =>
    text.replace(/(?<![a-z])\d+$/, (number) => protocolNumbers[Number(number)] ?? String(Number(number))),
  )
  .pipe(
    matching(new RegExp(`${Object.keys(protocols).join("|")}|\\d{1,3}`), protocolRule)
      .refine((text) => Number(/(?<![a-z])\d+$/.exec(text)?.[0] ?? 0) <= 255, protocolRule)
      .refine((text) => text !== "! all", "would never match: all contains every protocol"),
  );

export const protocolWord: Word<string> = {
  options: ["-p"],
  argv(value) {
    const name = withoutNegation(value);
    const word = name in protocols ? protocols[name as keyof typeof protocols] : name;
    return option("-p", value.startsWith("! ") ? `! ${word}` : word);
  },
  read: (text) => text?.replace(/[a-z0-9-]+$/, (name) => printedProtocols[name] ?? name),
};
