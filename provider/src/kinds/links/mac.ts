import { createHash, randomBytes } from "node:crypto";

/**
 * A MAC address for a link that nobody asked one for. It is given in the call that makes the link: the kernel then marks
 * it as set, so that neither udev nor the ports of a bridge change it later.
 */
export function drawMac(): string {
  const drawn = randomBytes(4);
  drawn[0] = ((drawn[0] ?? 0) & 0xfc) | 0x02;
  return [...drawn, ...checksum(drawn)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** Was it drawn here? A link that was made by a run that died tells so whether somebody had asked for its address. */
export function isDrawnMac(mac: string): boolean {
  const bytes = Buffer.from(mac.replaceAll(":", ""), "hex");
  return bytes.subarray(4).equals(checksum(bytes.subarray(0, 4)));
}

function checksum(bytes: Buffer): Buffer {
  return createHash("sha256").update("localnet").update(bytes).digest().subarray(0, 2);
}
