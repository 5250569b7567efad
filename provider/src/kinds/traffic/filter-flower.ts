import { z } from "zod";
import { integer, numberOrText } from "../../schema/fields";
import { type Inexpressible, ipProtocol, prefix, versionRules } from "./filter-fields";

const anyMac = z
  .string()
  .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/, "must be a MAC address such as 02:00:00:00:00:01")
  .transform((text) => text.toLowerCase());

const ports = numberOrText(z.string().regex(/^\d{1,5}(-\d{1,5})?$/, "must be a number, or two such as 1000-2000"))
  .refine((text) => {
    const [first = 0, last = first] = text.split("-").map(Number);
    return first >= 1 && first <= last && last <= 65535;
  }, "must be ports from 1 to 65535, the first not above the last")
  .transform((text) => {
    const [first, last = first] = text.split("-").map(Number);
    return first === last ? String(first) : `${first}-${last}`;
  });

export const flower = z.strictObject({
  /** Source address or network. Default: any. */
  source: prefix.optional(),
  /** Destination address or network. Default: any. */
  destination: prefix.optional(),
  /** Number of the IP protocol: 1 for ICMP, 6 for TCP, 17 for UDP. Default: any. */
  ipProtocol: ipProtocol.optional(),
  /** Source port, or a range: `1000-2000`. Needs `ipProtocol` 6, 17 or 132. */
  sourcePorts: ports.optional(),
  /** Destination port, or a range. Needs `ipProtocol` 6, 17 or 132. */
  destinationPorts: ports.optional(),
  /** Source MAC address. Default: any. */
  sourceMac: anyMac.optional(),
  /** Destination MAC address. Default: any. */
  destinationMac: anyMac.optional(),
  /** VLAN of tagged frames. Needs `protocol` 802.1Q or 802.1ad. */
  vlanId: integer(0, 4094).optional(),
});
type Flower = z.output<typeof flower>;

export function* flowerRules(options: Flower | undefined, protocol: string): Generator<readonly [string, string]> {
  if (!options) return;
  const { ipProtocol: number, vlanId } = options;
  const isIp = ["ip", "ipv6"].includes(protocol);
  for (const key of ["source", "destination", "ipProtocol"] as const)
    if (options[key] !== undefined && !isIp) yield [`flower.${key}`, "needs protocol ip or ipv6"];
  if (isIp) yield* versionRules("flower", options, protocol);
  for (const key of ["sourcePorts", "destinationPorts"] as const)
    if (options[key] !== undefined && ![6, 17, 132].includes(number ?? 0))
      yield [`flower.${key}`, "needs ipProtocol 6, 17 or 132"];
  if (vlanId !== undefined && !["802.1Q", "802.1ad"].includes(protocol))
    yield ["flower.vlanId", "needs protocol 802.1Q or 802.1ad"];
}

type Key = keyof Flower;

const wordOf: Readonly<Record<Key, string>> = {
  // tc accepts ports only after their protocol.
  ...{ ipProtocol: "ip_proto", source: "src_ip", destination: "dst_ip" },
  ...{ sourcePorts: "src_port", destinationPorts: "dst_port" },
  ...{ sourceMac: "src_mac", destinationMac: "dst_mac", vlanId: "vlan_id" },
};

export function flowerWords(options: Flower): string[] {
  return (Object.keys(wordOf) as Key[]).flatMap((key) => {
    const value = options[key];
    if (value === undefined) return [];
    // tc reads it as a hexadecimal number.
    return [wordOf[key], key === "ipProtocol" ? Number(value).toString(16) : String(value)];
  });
}

const protocolNames: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58, l2tp: 115 };

export function readFlower(lines: readonly string[], protocol: string): Flower | Inexpressible {
  const ofProtocol = { ip: "ipv4", ipv6: "ipv6", arp: "arp" }[protocol] ?? protocol;
  const read: Record<string, unknown> = {};
  for (const line of lines) {
    const [, word = "", value = ""] = /^(\w+) (\S+)$/.exec(line) ?? [];
    const key = (Object.keys(wordOf) as Key[]).find((each) => wordOf[each] === word);
    if (word === "eth_type" && value === ofProtocol) continue;
    // No input has a mask, except addresses.
    if (!key || (value.includes("/") && key !== "source" && key !== "destination")) return { inexpressible: lines };
    read[key] =
      key === "ipProtocol"
        ? (protocolNames[value] ?? Number.parseInt(value, 16))
        : key === "vlanId"
          ? Number(value)
          : value;
  }
  return Object.fromEntries(
    (Object.keys(flower.shape) as Key[]).flatMap((key) => (key in read ? [[key, read[key]]] : [])),
  );
}

/** Can the kernel change one to the other? Only if both match the same fields with the same masks. */
export function isSameMask(was: Flower, is: Flower): boolean {
  const maskOf = (value: unknown) =>
    value === undefined ? "" : (/\/\d+$/.exec(String(value))?.[0] ?? (/-/.test(String(value)) ? "range" : "all"));
  return (Object.keys(wordOf) as Key[]).every((key) => maskOf(was[key]) === maskOf(is[key]));
}
