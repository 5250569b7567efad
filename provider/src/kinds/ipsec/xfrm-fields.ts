import { z } from "zod";
import { address, cidr, familyOf, number32, numberOrText, port } from "../../schema/fields";
import { type Protocol, protocolNumbers, withPorts } from "../../tools/ip/xfrm";
import { canonicalMark } from "../routing/policy-rule-args";

const names = Object.keys(protocolNumbers) as [Protocol, ...Protocol[]];

/** Addresses of packets: a single address stands for a network of one. */
const network = z
  .union([cidr, address], { error: "must be an address or a network such as 10.0.0.0/8" })
  .transform((text) => (text.includes("/") ? text : `${text}/${familyOf(text) === 6 ? 128 : 32}`));

/** Which packets it applies to. */
export const selectorFields = {
  /** Source of the packets: an address or a network; `::/0` for any IPv6 address. */
  source: network.default("0.0.0.0/0"),
  /** Destination of the packets, of the same IP version. */
  destination: network.default("0.0.0.0/0"),
  /** IP protocol of the packets. Default: any. */
  protocol: z.enum(names, { error: `must be one of ${names.join(", ")}` }).optional(),
  /** Source port of the packets. Needs a protocol with ports. Default: any. */
  sourcePort: port.optional(),
  /** Destination port of the packets. Needs a protocol with ports. Default: any. */
  destinationPort: port.optional(),
} as const;

interface Selected {
  readonly source: string;
  readonly destination: string;
  readonly protocol?: string | undefined;
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
}

export function* selectorRules(selector: Selected, prefix = ""): Generator<readonly [string, string]> {
  const { source, destination, protocol = "" } = selector;
  if (familyOf(source) !== familyOf(destination))
    yield [`${prefix}destination`, "must be of the same IP version as source; for any IPv6 address both are ::/0"];
  for (const key of ["sourcePort", "destinationPort"] as const)
    if (selector[key] !== undefined && !withPorts.includes(protocol))
      yield [`${prefix}${key}`, `needs protocol ${withPorts.join(", ")}`];
}

/** A mark of packets: a number, with or without a mask. */
export const mark = numberOrText(
  z
    .string()
    .regex(/^(0x[0-9a-fA-F]{1,8}|\d{1,10})(\/(0x[0-9a-fA-F]{1,8}|\d{1,10}))?$/, "must be a number, or number/mask")
    .refine((text) => text.split("/").every((part) => Number(part) <= 0xffffffff), "must be below 4294967296"),
)
  .transform(canonicalMark)
  .refine((text) => text !== "0x0/0x0", "must not be 0/0, which means no mark");

/** A 32-bit number, also as text such as 0x101. */
export const spi = numberOrText(
  z.string().regex(/^(0x[0-9a-fA-F]{1,8}|\d{1,10})$/, "must be a number, such as 257 or 0x101"),
)
  .transform(Number)
  .pipe(number32.min(1, "must be at least 1"));

export const reqid = number32;
export const ifId = number32.min(1, "must be at least 1");

const modes = ["transport", "tunnel", "beet"] as const;
const protocols = ["esp", "ah"] as const;
export const mode = z.enum(modes, { error: `must be one of ${modes.join(", ")}` });
export const protocol = z.enum(protocols, { error: "must be esp or ah" });
