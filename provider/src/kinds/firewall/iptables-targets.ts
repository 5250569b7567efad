import { isIP } from "node:net";
import { z } from "zod";
import { printable } from "../../schema/fields";
import { markValue } from "./iptables-matches";

export const chainName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,27}$/, 'must be 1 to 28 of letters, digits, "_", ".", ":" and "-"');
const portRange = /(:\d{1,5}(-\d{1,5})?)?/.source;
const natTarget = z
  .string()
  .regex(
    new RegExp(`^([\\d.]+(-[\\d.]+)?|\\[?[0-9A-Fa-f:.]+\\]?)?${portRange}$`),
    "must be ADDRESS[:PORT[-PORT]]; with a port IPv6 stands in brackets",
  )
  .min(1, "must not be empty");
const rejections = [
  ...[
    "icmp-net-unreachable",
    "icmp-host-unreachable",
    "icmp-port-unreachable",
    "icmp-proto-unreachable",
    "icmp-net-prohibited",
  ],
  ...[
    "icmp-host-prohibited",
    "icmp-admin-prohibited",
    "icmp6-no-route",
    "icmp6-adm-prohibited",
    "icmp6-addr-unreachable",
  ],
  ...["icmp6-port-unreachable", "tcp-reset"],
] as const;

/** The targets that take options, and the input that holds each option. */
export const targetOptions = {
  toSource: { option: "--to-source", target: "SNAT", required: true },
  toDestination: { option: "--to-destination", target: "DNAT", required: true },
  toPorts: { option: "--to-ports", target: "REDIRECT", required: false },
  setMark: { option: "--set-mark", target: "MARK", required: true },
  rejectWith: { option: "--reject-with", target: "REJECT", required: false },
  logPrefix: { option: "--log-prefix", target: "LOG", required: false },
} as const;
export type TargetOption = keyof typeof targetOptions;

/** Inputs that say what happens to a packet that matches. */
export const targetArgs = {
  /** What happens to the packet: ACCEPT, DROP, RETURN, REJECT, MASQUERADE, SNAT, DNAT, REDIRECT, MARK, LOG, or the name of a chain. */
  target: chainName,
  /** New source of target SNAT: `10.0.0.1` or `10.0.0.1:1024-2048`. */
  toSource: natTarget.optional(),
  /** New destination of target DNAT: `10.0.0.1:8080`. */
  toDestination: natTarget.optional(),
  /** New port of target REDIRECT or MASQUERADE: 8080 or "8080-8090". Needs `protocol`. */
  toPorts: z
    .union([z.number().transform(String), z.string()])
    .pipe(z.string().regex(/^\d{1,5}(-\d{1,5})?$/, "must be a port or a range, 8080-8090"))
    .optional(),
  /** Mark that target MARK sets: 16, "0x10" or "0x10/0xff". */
  setMark: markValue.refine((text) => !text.startsWith("!"), "cannot be negated").optional(),
  /** What target REJECT answers. Default: port unreachable. */
  rejectWith: z.enum(rejections, { error: `must be one of ${rejections.join(", ")}` }).optional(),
  /** Text before each line that target LOG writes. */
  logPrefix: printable.max(29, "must be at most 29 characters").min(1, "must not be empty").optional(),
} as const;

export type TargetArgs = z.output<z.ZodObject<typeof targetArgs>>;

/** ADDRESS, ADDRESS-ADDRESS or nothing, and a port or a range of ports behind it; with a port IPv6 stands in brackets. */
export function isNatTarget(text: string, family: "ipv4" | "ipv6"): boolean {
  const version = family === "ipv6" ? 6 : 4;
  const [, bracketed, bare] = /^(?:\[([^\]]+)\]|(.*?))(?::\d{1,5}(?:-\d{1,5})?)?$/.exec(text) ?? [];
  const hosts = isIP(text) === version ? text : (bracketed ?? bare ?? "");
  return hosts === "" || hosts.split("-").every((host) => isIP(host) === version);
}
