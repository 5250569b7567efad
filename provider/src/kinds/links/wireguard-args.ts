import { createPrivateKey, createPublicKey } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import { canonicalAddress, cidr, integer, isNetwork, kernelChooses, number32, port } from "../../schema/fields";
import { byKey, zeroKey } from "../../tools/wg";

/** 32 bytes in base64. The last letter holds only four bits. */
const key = z
  .string()
  .regex(
    /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/,
    "must be a key of 32 bytes in base64, 44 characters, as `wg genkey` prints it",
  )
  .refine((text) => text !== zeroKey, "must not be all zeros: that is no key");

/** The kernel sets and clears these bits of every private key. */
export function clamped(text: string): string {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 32) return text;
  bytes.writeUInt8(bytes.readUInt8(0) & 0xf8, 0);
  bytes.writeUInt8((bytes.readUInt8(31) & 0x7f) | 0x40, 31);
  return bytes.toString("base64");
}

/** The bytes before the key in the PKCS #8 form of an X25519 key. */
const pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex");

export function publicKeyOf(privateKey: string): string {
  const der = Buffer.concat([pkcs8, Buffer.from(privateKey, "base64")]);
  const spki = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  return spki.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
}

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
/** The two parts of 10.0.0.1:51820, or of [2001:db8::1]:51820. */
const partsOf = (text: string) => /^(?:\[([^\]%]*:[^\]%]*)\]|([^:]*)):([^:]*)$/.exec(text) ?? [];

const endpoint = z
  .string()
  .refine((text) => {
    const [, six, four, number] = partsOf(text);
    return isIP(six ?? four ?? "") !== 0 && isPort(number ?? "");
  }, "must be an address and a port, such as 10.0.0.1:51820 or [2001:db8::1]:51820")
  .overwrite((text) => {
    const [, six, four, number] = partsOf(text);
    return `${six === undefined ? four : `[${canonicalAddress(six)}]`}:${Number(number)}`;
  });

const peer = z.strictObject({
  /** Public key of the peer, which identifies it. */
  publicKey: key,
  /** Additional key that both ends share, as `wg genpsk` prints it. Default: none. */
  presharedKey: key.optional().meta({ secret: true }),
  /**
   * Networks behind the peer. Packets to them are sent to the peer, and only packets from them are accepted from it.
   * Default: none.
   */
  allowedIps: z
    .array(cidr.refine(isNetwork, "must have no bits set behind the prefix length"))
    .refine((list) => new Set(list).size === list.length, "must not name a network twice")
    .overwrite((list) => [...list].sort())
    .default([]),
  /**
   * Address and port of the peer, `10.0.0.1:51820`. The kernel changes it if the peer sends from elsewhere, which a refresh
   * shows. When it is taken away, the peer is made again. Default: where the peer sends from.
   */
  endpoint: endpoint.optional(),
  /** Seconds between packets that keep the connection open. Default: none are sent. */
  persistentKeepalive: integer(1, 65535).optional(),
});

/** The inputs that `wg` sets. */
export const wireguardInputs = {
  privateKey: key.overwrite(clamped).meta({ secret: true }),
  listenPort: port.optional().meta({ unset: kernelChooses }),
  firewallMark: number32.min(1, "must be at least 1").optional().meta({ unset: null }),
  peers: z
    .array(peer)
    .check(({ value, issues }) => {
      const keys = new Map<string, number>();
      const networks = new Map<string, number>();
      const refuse = (path: PropertyKey[], message: string) =>
        issues.push({ code: "custom", path, message, input: undefined });
      for (const [index, { publicKey, allowedIps }] of value.entries()) {
        if (keys.has(publicKey)) refuse([index, "publicKey"], `is the same as that of peers.${keys.get(publicKey)}`);
        keys.set(publicKey, index);
        for (const each of allowedIps) {
          if (networks.has(each))
            refuse(
              [index, "allowedIps"],
              `${each} is already behind peers.${networks.get(each)}, and can be behind only one peer`,
            );
          networks.set(each, index);
        }
      }
    })
    .overwrite((list) => [...list].sort(byKey))
    .optional()
    .meta({ unset: [] }),
} as const;
