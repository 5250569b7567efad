import { z } from "zod";
import { address, integer, port, printable, whenUnknown } from "../../schema/fields";
import { chainName } from "./iptables-chains";
import { setFlags, setMark } from "./iptables-words";

const portRange = /(:\d{1,5}(-\d{1,5})?)?/.source;

/** Are the ports after an address, if there are any, below 65536 and in ascending order? */
function hasGoodPorts(text: string): boolean {
  const [, first, last = first] = /(?:^|:)(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  return first === undefined || (Number(first) <= Number(last) && Number(last) <= 65535);
}

const portRule = "must have ports 0 to 65535, in a range the lower one first";

const natTarget = z
  .string()
  .regex(
    new RegExp(`^([\\d.]+(-[\\d.]+)?|\\[?[0-9A-Fa-f:.]+\\]?)?${portRange}$`),
    "must be ADDRESS[:PORT[-PORT]]; with a port, an IPv6 address is in brackets",
  )
  .min(1, "must not be empty")
  .refine((text) => text.replace(/^\[.*\]/, "").split(":").length > 2 || hasGoodPorts(text), portRule);

/** The answers of REJECT by IP version; a TCP reset is possible in both. */
export const rejections = {
  ipv4: ["net-unreachable", "host-unreachable", "port-unreachable", "proto-unreachable"]
    .concat("net-prohibited", "host-prohibited", "admin-prohibited")
    .map((name) => `icmp-${name}`),
  ipv6: ["no-route", "adm-prohibited", "addr-unreachable", "port-unreachable"].map((name) => `icmp6-${name}`),
} as const;

const answers = [...rejections.ipv4, ...rejections.ipv6, "tcp-reset"];

/** Are all bits of the value in its mask? Then setMark and setXmark do the same. */
export function isSetting(text: string): boolean {
  const [value = 0, mask = 0xffffffff] = text.split("/").map(Number);
  return (value & ~mask) === 0;
}

const yes = z.literal(true, "must be true, or left out").optional();

const change = z.strictObject({
  /** Name of the ipset. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,30}$/, "must be the name of a set")
    .meta({ reference: "name", of: "IpSet" }),
  /** "src" or "dst" for each dimension. */
  flags: setFlags,
});

/** Inputs that decide what happens to a matching packet. */
export const targetArgs = {
  /**
   * What happens to the packet: ACCEPT, DROP, RETURN, REJECT, MASQUERADE, SNAT, DNAT, REDIRECT, MARK, LOG, TPROXY, CONNMARK,
   * CT, TCPMSS, NFQUEUE, TEE, SET, CHECKSUM, or the name of a chain; "": nothing, the rule only counts.
   */
  target: z
    .union([chainName, z.literal("")], { error: 'must be 1 to 28 of letters, digits, "_", ".", ":" and "-", or ""' })
    .default("")
    .meta({ reference: "name", of: "IptablesChain", replace: whenUnknown }),
  /** New source of target SNAT: `10.0.0.1` or `10.0.0.1:1024-2048`. */
  toSource: natTarget.optional(),
  /** New destination of target DNAT: `10.0.0.1:8080`. */
  toDestination: natTarget.optional(),
  /** New port of target REDIRECT or MASQUERADE: 8080 or "8080-8090". Needs `protocol`. */
  toPorts: z
    .union([z.int().transform(String), z.string()])
    .pipe(
      z
        .string()
        .regex(/^\d{1,5}(-\d{1,5})?$/, "must be a port or a range, 8080-8090")
        .refine(hasGoodPorts, portRule),
    )
    .optional(),
  /** Target SNAT, DNAT, MASQUERADE or REDIRECT chooses random ports. */
  random: yes,
  /** Target SNAT or MASQUERADE chooses ports fully at random, independent of the original ones. */
  randomFully: yes,
  /** Target SNAT or DNAT gives a client always the same address of a range. */
  persistent: yes,
  /** Mark that target MARK sets on the packet, or CONNMARK on its connection: 16, "0x10" or "0x10/0xff". */
  setMark: setMark.optional(),
  /**
   * How target MARK changes the packet's mark, or CONNMARK the connection's, if it does not just set it: "VALUE/MASK" clears
   * the bits of the mask, then inverts the bits of the value. "0x4000/0x0" inverts one bit.
   */
  setXmark: setMark
    .refine((text) => !isSetting(text), "must have a value with bits outside its mask; otherwise use setMark")
    .optional(),
  /** Target CONNMARK copies the mark of the packet to its connection. */
  saveMark: yes,
  /** Target CONNMARK copies the mark of the connection to the packet. */
  restoreMark: yes,
  /** Bits of the mark that saveMark and restoreMark copy. Default: all bits. */
  nfmask: setMark.refine((text) => !text.includes("/"), "must be one number").optional(),
  /** Answer of target REJECT. Default: port unreachable. */
  rejectWith: z.enum(answers, { error: `must be one of ${answers.join(", ")}` }).optional(),
  /** Text at the beginning of each line that target LOG writes. */
  logPrefix: printable.max(29, "must be at most 29 characters").min(1, "must not be empty").optional(),
  /** Port of the transparent proxy that target TPROXY sends the packet to. */
  onPort: port.optional(),
  /** Address of the proxy. Default: the address of the link that the packet came in by. */
  onIp: address.optional(),
  /** Mark that target TPROXY sets on the packet, for a rule of policy routing. */
  tproxyMark: setMark.optional(),
  /** Target CT: the connection is not tracked. */
  notrack: yes,
  /** Target CT: the connection is tracked in this zone, separate from others. */
  zone: integer(1, 65535).optional(),
  /** Target TCPMSS: the largest segment follows from the mtu of the path. */
  clampMssToPmtu: yes,
  /** Target TCPMSS: the largest segment in bytes. */
  setMss: integer(1, 65515).optional(),
  /** Queue of target NFQUEUE, which a program reads. */
  queueNum: integer(0, 65535).optional(),
  /** Target NFQUEUE: if no program reads the queue, the packet continues with the next rule. */
  queueBypass: yes,
  /** Address of the neighbour that target TEE sends a copy to. */
  gateway: address.optional(),
  /** Target SET adds the packet's addresses to a set. */
  addSet: change.optional().meta({ replace: whenUnknown }),
  /** Target SET removes them from a set. */
  delSet: change.optional().meta({ replace: whenUnknown }),
} as const;

export type TargetArgs = z.output<z.ZodObject<typeof targetArgs>>;

export type TargetOption = Exclude<keyof TargetArgs, "target">;
