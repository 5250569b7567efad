import { createHash, randomBytes } from "node:crypto";

/**
 * A random MAC address for a link without a wanted one. It is given in the command that makes the link. The kernel then
 * marks it as set, so that neither udev nor the ports of a bridge change it later.
 */
export function randomMac(): string {
  const drawn = randomBytes(4);
  drawn[0] = ((drawn[0] ?? 0) & 0xfc) | 0x02;
  return [...drawn, ...checksum(drawn)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Did `randomMac` make it? For a link of a run that died, this shows whether an address was wanted. */
export function isRandomMac(mac: string): boolean {
  const bytes = Buffer.from(mac.replaceAll(":", ""), "hex");
  return bytes.subarray(4).equals(checksum(bytes.subarray(0, 4)));
}

function checksum(bytes: Buffer): Buffer {
  return createHash("sha256").update("localnet").update(bytes).digest().subarray(0, 2);
}
