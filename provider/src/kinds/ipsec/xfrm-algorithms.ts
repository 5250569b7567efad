import { z } from "zod";

/** Algorithms by the kernel's names, with the possible lengths of the key in bytes, including its salt or nonce. */
const aeads = {
  "rfc4106(gcm(aes))": [20, 28, 36],
  "rfc4543(gcm(aes))": [20, 28, 36],
  "rfc4309(ccm(aes))": [19, 27, 35],
  "rfc7539esp(chacha20,poly1305)": [36],
} as const;
const ciphers = {
  "cbc(aes)": [16, 24, 32],
  "rfc3686(ctr(aes))": [20, 28, 36],
  "cbc(camellia)": [16, 24, 32],
  "cbc(serpent)": [16, 24, 32],
  "cbc(twofish)": [16, 24, 32],
  "cbc(des3_ede)": [24],
} as const;
/** For each: the bits of the whole check value, and the kernel's default for how many of them it sends. */
const hashes = {
  "hmac(md5)": [128, 96],
  "hmac(sha1)": [160, 96],
  "hmac(sha256)": [256, 96],
  "hmac(sha384)": [384, 192],
  "hmac(sha512)": [512, 256],
  "xcbc(aes)": [128, 96],
  "cmac(aes)": [128, 96],
} as const;

const maxKeyBytes = 128;

const key = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})+$/, "must be bytes in hexadecimal, such as 0x0123456789abcdef")
  .refine((text) => bytesOf(text) <= maxKeyBytes, `must be at most ${maxKeyBytes} bytes`)
  .overwrite((text) => text.toLowerCase())
  .meta({ secret: true });

function bytesOf(text: string): number {
  return (text.length - 2) / 2;
}

function name<T extends string>(table: Readonly<Record<T, unknown>>) {
  const all = Object.keys(table) as [T, ...T[]];
  return z.enum(all, { error: `must be one of ${all.join(", ")}` });
}

interface Named {
  readonly algorithm: string;
  readonly key: string;
}

/** The kernel accepts keys of these lengths only. A key in the wrong form has its own error already. */
function fitting(table: Readonly<Record<string, readonly number[]>>) {
  return ({ value: { algorithm, key }, issues }: { value: Named; issues: z.core.$ZodRawIssue[] }) => {
    const [lengths, bytes] = [table[algorithm], bytesOf(key)];
    if (!lengths || lengths.includes(bytes) || issues.length > 0) return;
    const several = lengths.join(", ").replace(/, (?=\d+$)/, " or ");
    const message = `must be ${several} bytes for ${algorithm}, not ${bytes}`;
    issues.push({ code: "custom", path: ["key"], message, input: undefined });
  };
}

export const aead = z
  .strictObject({
    /** Algorithm, by the kernel's name. */
    algorithm: name(aeads),
    /** The key followed by its salt, in hexadecimal with `0x`. It is kept as a secret. */
    key,
    /** Bits of the check value: 64, 96 or 128. */
    icvLength: z.union([z.literal(64), z.literal(96), z.literal(128)], { error: "must be 64, 96 or 128" }).default(128),
  })
  .check(fitting(aeads))
  .check(({ value: { algorithm, icvLength }, issues }) => {
    if (icvLength !== 128 && /^rfc(4543|7539)/.test(algorithm))
      issues.push({ code: "custom", path: ["icvLength"], message: `must be 128 with ${algorithm}`, input: undefined });
  });

export const encryption = z
  .strictObject({
    /** Algorithm, by the kernel's name. */
    algorithm: name(ciphers),
    /** The key in hexadecimal with `0x`. It is kept as a secret. */
    key,
  })
  .check(fitting(ciphers));

export const authentication = z
  .strictObject({
    /** Algorithm, by the kernel's name. */
    algorithm: name(hashes),
    /** The key in hexadecimal with `0x`. It is kept as a secret. */
    key,
    /**
     * Bits of the check value that are sent, a multiple of 8. Default: the kernel's choice, such as 96 for hmac(sha1) and
     * hmac(sha256), 256 for hmac(sha512).
     */
    truncation: z
      .int("must be a whole number")
      .min(8, "must be at least 8")
      .refine((bits) => bits % 8 === 0, "must be a multiple of 8")
      .optional(),
  })
  .check(fitting({ "xcbc(aes)": [16], "cmac(aes)": [16] }))
  .check(({ value: { algorithm, truncation = 0 }, issues }) => {
    const [bits] = hashes[algorithm];
    const message = `must be at most ${bits} with ${algorithm}`;
    if (truncation > bits) issues.push({ code: "custom", path: ["truncation"], message, input: undefined });
  })
  .overwrite((value) => ({ ...value, truncation: value.truncation ?? hashes[value.algorithm][1] }));
