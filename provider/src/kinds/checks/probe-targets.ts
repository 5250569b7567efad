import { z } from "zod";
import { address, port, text } from "../../schema/fields";
import { targetArgs } from "./target-args";

const to = address.meta({ reference: "address", of: "addressed" });
const dnsName = /^(?=.{1,253}\.?$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;
const recordTypes = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] as const;
const statuses = ["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"] as const;
const bytes = "must be 0 to 65507";

/** What a probe tries: one of these. */
export const probeTargets = {
  ...targetArgs,
  /** A datagram of UDP, and an answer to it. */
  udp: z
    .strictObject({
      /** Where to: an address, or who has it; of a VethPair, the other end. */
      address: to,
      /** Port. */
      port,
      /** Text to send. */
      send: text.refine((value) => value !== "", "must not be empty"),
      /** The answer that counts, blanks around it left out. Default: any. */
      expectAnswer: z.string().optional(),
    })
    .optional(),
  /** An echo request over ICMP. */
  ping: z
    .strictObject({
      /** Where to: an address, or who has it; of a VethPair, the other end. */
      address: to,
      /** Bytes that are sent besides the headers, which are 28 of IPv4 and 48 of IPv6. Default: 56. */
      size: z.int(bytes).min(0, bytes).max(65507, bytes).optional(),
      /** true: a packet that is larger than a link's mtu is lost, and the answer says so; false: it may be sent in pieces. Default: as the kernel does for a socket of ICMP. */
      dontFragment: z.boolean().optional(),
    })
    .optional(),
  /** A query to a server of DNS. */
  dns: z
    .strictObject({
      /** The server: an address, or who has it; of a VethPair, the other end. */
      server: to,
      /** Its port. Default: 53. */
      port: port.optional(),
      /** Name to ask for. */
      name: z.string().regex(dnsName, "must be a name of DNS: labels of letters, digits, - and _ with dots between"),
      /** Type of the records: A, AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT. */
      type: z.enum(recordTypes, { error: `must be one of ${recordTypes.join(", ")}` }).default("A"),
      /** Status of an answer that counts: NOERROR, NXDOMAIN, SERVFAIL, REFUSED, NOTIMP or FORMERR. */
      expectStatus: z.enum(statuses, { error: `must be one of ${statuses.join(", ")}` }).default("NOERROR"),
      /** The records of that type that an answer has, as dig prints them, in any order. Default: at least one. */
      expectAnswers: z.array(z.string()).optional(),
    })
    .optional(),
} as const;
