import { publicKeyOf } from "../../../provider/src/kinds/links/wireguard-args";

/** A private key of 32 bytes as the kernel stores it. */
export const key = (byte: number) => {
  const bytes = Buffer.alloc(32, byte);
  bytes.writeUInt8(0x40 | (byte & 0x3f), 31);
  bytes.writeUInt8(byte & 0xf8, 0);
  return bytes.toString("base64");
};
export const [linkKey, other, third] = [key(8), key(16), key(24)];
export const [a, b] = [other, third].map(publicKeyOf) as [string, string];
export const [shared, sharedToo] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)].map((bytes) => bytes.toString("base64"));

export const peerA = {
  publicKey: a,
  presharedKey: shared,
  allowedIps: ["10.1.0.0/16", "fd01::/64"],
  endpoint: "10.9.0.7:51820",
  persistentKeepalive: 25,
};
export const peerB = { publicKey: b, allowedIps: ["10.2.0.0/16"] };
