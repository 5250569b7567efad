import { z } from "zod";
import { address, port, text } from "../../schema/fields";
import { targetArgs } from "./target-args";

const to = address.meta({ reference: "address", of: "addressed" });
const dnsName = /^(?=.{1,253}\.?$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;
const recordTypes = ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] as const;
const statuses = ["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"] as const;
const bytes = "must be 0 to 65507";

/** The targets of a probe; exactly one is given. */
export const probeTargets = {
  ...targetArgs,
  /** A UDP datagram that must be answered. */
  udp: z
    .strictObject({
      /** Destination: an address, or a resource that has one; for a VethPair, the address of the other end. */
      address: to,
      /** Port. */
      port,
      /** Text to send. */
      send: text.refine((value) => value !== "", "must not be empty"),
      /** Expected answer, without blanks around it. Default: any. */
      expectAnswer: z.string().optional(),
    })
    .optional(),
  /** An ICMP echo request. */
  ping: z
    .strictObject({
      /** Destination: an address, or a resource that has one; for a VethPair, the address of the other end. */
      address: to,
      /** Payload in bytes; the headers add 28 for IPv4 and 48 for IPv6. Default: 56. */
      size: z.int(bytes).min(0, bytes).max(65507, bytes).optional(),
      /**
       * true: a packet that is larger than a link's mtu is dropped with an error; false: it may be fragmented. Default: the
       * kernel's default for ICMP sockets.
       */
      dontFragment: z.boolean().optional(),
    })
    .optional(),
  /** A DNS query. */
  dns: z
    .strictObject({
      /** DNS server: an address, or a resource that has one; for a VethPair, the address of the other end. */
      server: to,
      /** Port of the server. Default: 53. */
      port: port.optional(),
      /** Name to look up. */
      name: z.string().regex(dnsName, "must be a DNS name: labels of letters, digits, - and _ with dots between"),
      /** Type of the records: A, AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT. */
      type: z.enum(recordTypes, { error: `must be one of ${recordTypes.join(", ")}` }).default("A"),
      /** Expected status of the answer: NOERROR, NXDOMAIN, SERVFAIL, REFUSED, NOTIMP or FORMERR. */
      expectStatus: z.enum(statuses, { error: `must be one of ${statuses.join(", ")}` }).default("NOERROR"),
      /** Expected records of that type, as dig prints them, in any order. Default: at least one. */
      expectAnswers: z.array(z.string()).optional(),
    })
    .optional(),
} as const;
