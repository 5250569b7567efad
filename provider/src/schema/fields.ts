import { isIP, SocketAddress } from "node:net";
import { z } from "zod";
import "./meta";

/** What an input is when it is taken away, where only the kernel knows. */
export const kernelChooses = Symbol("the kernel chooses");

/**
 * `replace` of an input whose object cannot go while it is in use: a change is made in place. But where that object is
 * replaced, so that its name is not known yet, what uses it goes before it.
 */
export const whenUnknown = (): boolean => false;

/** Names that iproute2 or the kernel read as something else. */
const reserved = ["all", "default", "help", "lo"];

/** A link's name: the kernel allows 15 bytes; `%`, blanks, `/` and a leading `-` mean something to the kernel or to ip. */
export const ifName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/,
    'must be 1 to 15 of letters, digits, "_", "." and "-", the first a letter or digit',
  )
  .refine((name) => !reserved.includes(name), `must not be one of ${reserved.join(", ")}`);

/** A link that exists, `lo` included. */
export const deviceName = z.union([ifName, z.literal("lo")], {
  error: "must be the name of a link, 1 to 15 characters",
});

export const netnsName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    'must be 1 to 64 of letters, digits, "_", "." and "-", the first a letter or digit',
  );

export function canonicalAddress(address: string): string {
  // The kernel prints IPv6 addresses in the form of RFC 5952.
  return isIP(address) === 6 ? new SocketAddress({ address, family: "ipv6" }).address : address;
}

export const address = z
  .string()
  .refine((text) => isIP(text) !== 0 && !text.includes("%"), "must be an IPv4 or IPv6 address")
  .transform(canonicalAddress);

function isCidr(text: string): boolean {
  const [host = "", prefix = "", ...rest] = text.split("/");
  const bits = isIP(host) === 4 ? 32 : 128;
  return (
    isIP(host) !== 0 && !host.includes("%") && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && rest.length === 0
  );
}

function canonicalCidr(text: string): string {
  const [host = "", prefix] = text.split("/");
  return `${canonicalAddress(host)}/${Number(prefix)}`;
}

/** An address with the length of its network's prefix: 10.0.0.1/24. */
export const cidr = z
  .string()
  .refine(isCidr, "must be an address with a prefix length: 10.0.0.1/24 or 2001:db8::1/64")
  .transform(canonicalCidr);

/** The IP version of an address, a CIDR, or a word such as "default" (4). */
export function familyOf(text: string): 4 | 6 {
  return text.includes(":") ? 6 : 4;
}

export function isMulticast(address: string): boolean {
  return familyOf(address) === 6 ? address.startsWith("ff") : /^2(2[4-9]|3\d)\./.test(address);
}

/** The address of one host: what a next hop, a source or an end of a tunnel can be. */
export const unicast = address.refine(
  (text) => !isMulticast(text) && !["0.0.0.0", "255.255.255.255", "::"].includes(text),
  "must be a unicast address",
);

/** Of which every link has a network of its own. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

/** Are all bits behind the prefix zero, as a network needs? */
export function isNetwork(text: string): boolean {
  const [host = "", prefix] = text.split("/");
  const bits = addressBits(host);
  return !bits.slice(Number(prefix)).includes("1");
}

/** The network of an address with prefix length, told by its bits: the same for all addresses in it. */
export function networkOf(text: string): string {
  const [host = "", prefix] = text.split("/");
  return `${familyOf(text)}:${addressBits(host).slice(0, Number(prefix))}/${prefix}`;
}

export function addressBits(host: string): string {
  if (isIP(host) === 4)
    return host
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  const hex = (high = "0", low = "0") => (Number(high) * 256 + Number(low)).toString(16);
  const hextets = dotted ? `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}` : host;
  const [left = "", right] = hextets.split("::");
  const words = (side: string) => (side ? side.split(":") : []);
  const tail = words(right ?? "");
  const zeros = right === undefined ? [] : Array<string>(8 - words(left).length - tail.length).fill("0");
  return [...words(left), ...zeros, ...tail]
    .map((word) => Number.parseInt(word, 16).toString(2).padStart(16, "0"))
    .join("");
}

/** A whole number within bounds, which the error names. */
export function integer(least: number, most: number) {
  const rule = `must be ${least} to ${most}`;
  return z.int("must be a whole number").min(least, rule).max(most, rule);
}

/** A whole number of 32 bits. */
export const number32 = z
  .int("must be a whole number")
  .min(0, "must not be negative")
  .max(0xffffffff, "must be below 4294967296");

export const port = integer(1, 65535);

/** A port of IPVS, where 0 stands for every port. */
export const anyPort = integer(0, 65535);

export const mtu = integer(68, 65535);

export const mac = z
  .string()
  .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/, "must be a MAC address such as 02:00:00:00:00:01")
  .refine(
    (text) => Number.parseInt(text.slice(0, 2), 16) % 2 === 0 && !/^[0:]+$/.test(text),
    "must be a unicast MAC address",
  )
  .transform((text) => text.toLowerCase());

const segment = /^[A-Za-z0-9_.:-]+$/;

/**
 * A sysctl key, normalised to slashes: an interface's name may hold a dot, so dots cannot tell its parts. As with
 * sysctl(8), in a key whose first separator is a dot a slash stands for a dot.
 */
export const sysctlKey = z
  .string()
  .transform((key) => (/^[^./]*\./.test(key) ? key.replace(/[./]/g, (each) => (each === "." ? "/" : ".")) : key))
  .refine((key) => {
    const parts = key.split("/");
    return parts.length > 1 && parts[0] === "net" && parts.every((part) => segment.test(part) && !/^\.+$/.test(part));
  }, 'must be a key below "net", such as net.ipv4.ip_forward or net/ipv4/conf/eth0.10/forwarding');

/** Text on one line that any tool prints back as it is. */
export const printable = z.string().regex(/^[\x20-\x7e]*$/, "must be printable ASCII characters on one line");

/** The user's own text, such as an argument: the kernel ends each one at a NUL. */
export const text = z
  .string()
  .refine((value) => !value.includes("\0") && value.isWellFormed(), "must be Unicode text without NUL characters");

/** A number or a text: what an import writes into a YAML program, such as 0x7, is read as a number there. */
export function numberOrText<T extends z.ZodType<unknown, string>>(schema: T) {
  return z.union([z.int().transform(String), z.string()], { error: "must be a whole number or a text" }).pipe(schema);
}

export const seconds = z
  .number("must be a number of seconds")
  .min(0, "must not be negative")
  .max(86400, "must be at most a day");

/** The inverse of `at`. */
export function parseAt(id: string): { name: string; netns?: string } {
  const sign = id.lastIndexOf("@");
  return sign < 0 ? { name: id } : { name: id.slice(0, sign), netns: id.slice(sign + 1) };
}

/** A resource's id: NAME@NETNS, or NAME in the host's own namespace. */
export function at(name: string, netns: string | undefined): string {
  return netns === undefined ? name : `${name}@${netns}`;
}
