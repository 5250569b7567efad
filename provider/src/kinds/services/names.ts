import { createHash } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648, as many characters as are wanted of it. */
function base32(bytes: Buffer, length: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return Array.from({ length }, (_, index) => alphabet[Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)]).join(
    "",
  );
}

/** Part of a chain's name that stands for what it is about: names are limited to 28 characters. kube-proxy has the same. */
export function chainHash(...texts: string[]): string {
  return base32(createHash("sha256").update(texts.join("")).digest(), 16);
}

/** An address and a port as one text; an IPv6 address stands in brackets. */
export function addressAndPort(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** The name of what a text stands for in a table of nftables: the text behind 8 characters that tell it apart. kube-proxy has the same. */
export function nftName(text: string): string {
  return `${base32(createHash("sha256").update(text).digest(), 8)}-${text}`;
}
