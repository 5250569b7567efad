import { z } from "zod";
import { port } from "../../schema/fields";

const withEncapsulation = ["ipip", "sit", "gre", "gretap", "ip6tnl", "ip6gre", "ip6gretap"];

const schema = z.strictObject({
  /** What is behind the UDP header: `fou`, the packet of the tunnel; `gue`, a header of Generic UDP Encapsulation before it. */
  type: z.enum(["fou", "gue"], { error: "must be fou or gue" }),
  /** UDP port of the other end, where a `Fou` of the same type receives. */
  destinationPort: port,
  /** UDP port that packets are sent from. Default: drawn for each flow of packets. */
  sourcePort: port.optional(),
  /** Has the UDP header a checksum? */
  checksum: z.boolean().default(false),
  /** Is the checksum of the packet inside left to the other end (`encap-remcsum`)? With type `gue` alone. */
  remoteChecksum: z.boolean().default(false),
});

type Encapsulation = z.output<typeof schema>;

const observedJson = z.object({
  type: z.enum(["fou", "gue"]),
  dport: z.number(),
  sport: z.number().optional(),
  csum: z.boolean().default(false),
  csum6: z.boolean().default(false),
  remcsum: z.boolean().default(false),
});

/** A UDP header around the packets of a tunnel. The kernel counts it in the mtu only when it makes the link. */
export const encapsulationOption = {
  input: schema.optional().meta({ replace: true }),
  // A change of something else loses it, or swaps the bytes of its ports, unless it is given again.
  isAlways: true,
  words(value: Encapsulation | undefined) {
    if (!value) return [];
    const { type, destinationPort, sourcePort = "auto", checksum, remoteChecksum } = value;
    return [
      ...["encap", type, "encap-dport", String(destinationPort), "encap-sport", String(sourcePort)],
      // One for IPv4 and one for IPv6: the kernel reads that of the outer packets. ip's defaults differ by type.
      ...(checksum ? ["encap-csum", "encap-udp6-csum"] : ["noencap-csum", "noencap-udp6-csum"]),
      remoteChecksum ? "encap-remcsum" : "noencap-remcsum",
    ];
  },
  read({ encap }: Readonly<Record<string, unknown>>): Encapsulation | undefined {
    if (encap === undefined) return undefined;
    const { type, dport, sport, csum, csum6, remcsum } = observedJson.parse(encap);
    return {
      ...{ type, destinationPort: dport, ...(sport ? { sourcePort: sport } : {}) },
      ...{ checksum: csum || csum6, remoteChecksum: remcsum },
    };
  },
};

export function* encapsulationRules(
  type: string,
  value: Encapsulation | undefined,
): Iterable<readonly [string, string]> {
  if (value && !withEncapsulation.includes(type)) yield ["encapsulation", `must not be given with type ${type}`];
  if (value?.remoteChecksum && value.type !== "gue") yield ["encapsulation.remoteChecksum", "is for type gue alone"];
}

/** Bytes of the UDP header and what follows it. */
export function encapsulationBytes(value: Encapsulation | undefined): number {
  if (!value) return 0;
  return 8 + (value.type === "gue" ? 4 : 0) + (value.remoteChecksum ? 8 : 0);
}
