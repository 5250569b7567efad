import { SocketAddress } from "node:net";
import { z } from "zod";
import { withoutUndefined } from "../../core/values";
import { port } from "../../schema/fields";
import { type Inexpressible, ipProtocol, prefix, versionRules } from "./filter-fields";

export const u32 = z.strictObject({
  /** Source address or network. Default: any. */
  source: prefix.optional(),
  /** Destination address or network. Default: any. */
  destination: prefix.optional(),
  /** Number of the IP protocol: 1 for ICMP, 6 for TCP, 17 for UDP. Default: any. */
  ipProtocol: ipProtocol.optional(),
  /** Source port, for packets without IP options. Default: any. */
  sourcePort: port.optional(),
  /** Destination port, for packets without IP options. Default: any. */
  destinationPort: port.optional(),
});
type U32 = z.output<typeof u32>;

export function* u32Rules(options: U32 | undefined, protocol: string): Generator<readonly [string, string]> {
  yield* versionRules("u32", options, protocol);
  if (options && !["all", "ip", "ipv6"].includes(protocol) && Object.values(options).some((each) => each !== undefined))
    yield ["u32", `must not be given with protocol ${protocol}, whose packets are not IP`];
}

export function u32Words(options: U32, protocol: string): string[] {
  const { source, destination, ipProtocol: number, sourcePort, destinationPort } = options;
  const ip = protocol === "ipv6" ? "ip6" : "ip";
  const match = (word: string, value: string | number | undefined, mask?: string) =>
    value === undefined ? [] : ["match", ip, word, String(value), ...(mask === undefined ? [] : [mask])];
  const words = [
    ...[...match("src", source), ...match("dst", destination), ...match("protocol", number, "0xff")],
    ...[...match("sport", sourcePort, "0xffff"), ...match("dport", destinationPort, "0xffff")],
  ];
  return words.length > 0 ? words : ["match", "u32", "0", "0"];
}

/** The offsets of fields in a packet; tc matches words of 32 bits. */
const places = {
  4: { protocol: 8, source: [12], destination: [16], ports: 20 },
  6: { protocol: 4, source: [8, 12, 16, 20], destination: [24, 28, 32, 36], ports: 40 },
} as const;

/** The inputs for its matches: each has a value, a mask and an offset. */
export function readU32(lines: readonly string[], protocol: string): U32 | Inexpressible {
  const version = protocol === "ipv6" ? 6 : 4;
  const place = places[version];
  const keys = new Map<number, { readonly value: string; readonly mask: string }>();
  for (const line of lines) {
    const [, value = "", mask = "", at] = /^match ([0-9a-f]{8})\/([0-9a-f]{8}) at (\d+)$/.exec(line) ?? [];
    if (at === undefined || keys.has(Number(at))) return { inexpressible: lines };
    if (mask !== "00000000") keys.set(Number(at), { value, mask });
  }
  const take = (offset: number, accepted: readonly string[]) => {
    const key = keys.get(offset);
    if (!key || !accepted.includes(key.mask)) return undefined;
    keys.delete(offset);
    return key;
  };
  const number = take(place.protocol, [version === 4 ? "00ff0000" : "0000ff00"])?.value;
  const ports = take(place.ports, ["ffff0000", "0000ffff", "ffffffff"]);
  const port = (side: 0 | 1) => {
    const [value = "", mask] = [ports?.value, ports?.mask].map((word) => word?.slice(side * 4, side * 4 + 4));
    return mask === "ffff" ? Number.parseInt(value, 16) : undefined;
  };
  const [source, destination] = [takePrefix(keys, place.source), takePrefix(keys, place.destination)];
  const all = {
    ...{ source, destination },
    ipProtocol: number && Number.parseInt(version === 4 ? number.slice(2, 4) : number.slice(4, 6), 16),
    ...{ sourcePort: port(0), destinationPort: port(1) },
  };
  if (keys.size > 0) return { inexpressible: lines };
  return withoutUndefined(all) as U32;
}

/** A network of several words, one after the other. tc matches only those words that the prefix covers. */
function takePrefix(
  keys: Map<number, { readonly value: string; readonly mask: string }>,
  offsets: readonly number[],
): string | undefined {
  const words = offsets.map((offset) => keys.get(offset));
  const bits = words
    .map((word) =>
      Number.parseInt(word?.mask ?? "0", 16)
        .toString(2)
        .padStart(32, "0"),
    )
    .join("");
  const [, ones = ""] = /^(1+)0*$/.exec(bits) ?? [];
  if (ones === "") return undefined;
  for (const offset of offsets) keys.delete(offset);
  const hex = words.map((word) => word?.value ?? "00000000").join("");
  const text =
    offsets.length === 1
      ? (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join(".")
      : new SocketAddress({ address: (hex.match(/.{4}/g) ?? []).join(":"), family: "ipv6" }).address;
  return ones.length === bits.length ? text : `${text}/${ones.length}`;
}
