import * as pulumi from "@pulumi/pulumi";
import { addressBits, canonicalAddress, cidr, isNetwork } from "../schema/fields";

/**
 * A subnet of a network, by its prefix length and its number, counted from 0: `subnet("10.0.0.0/16", 24, 3)` is
 * "10.0.3.0/24".
 */
export function subnet(network: string, prefixLength: number, number: number): string {
  const given = networkIn("subnet", network);
  if (!isWhole(prefixLength, given.length, given.size))
    throw refusal("subnet", "prefixLength", `must be ${given.length} to ${given.size}, as ${network} has it`);
  return numbered("subnet", given, prefixLength, number);
}

/** An address of a network, by its number, with the network's prefix length: `addressIn("10.0.3.0/24", 1)` is "10.0.3.1/24". */
export function addressIn(network: string, number: number): string {
  const given = networkIn("addressIn", network);
  return numbered("addressIn", given, given.size, number).replace(/\/\d+$/, `/${given.length}`);
}

/** The number of subnets with this prefix length in the network. */
export function countOf(network: string, prefixLength: number): number {
  return 2 ** (prefixLength - Number(network.split("/")[1]));
}

interface Network {
  readonly first: bigint;
  /** The length of its prefix. */
  readonly length: number;
  /** The length of its addresses: 32 or 128 bits. */
  readonly size: number;
}

function networkIn(subject: string, text: string): Network {
  const parsed = cidr.safeParse(text);
  if (!parsed.success || !isNetwork(parsed.data))
    throw refusal(subject, "network", "must be a network, all bits behind the prefix zero: 10.0.0.0/16 or fd00::/48");
  const [host = "", length] = parsed.data.split("/");
  const bits = addressBits(host);
  return { first: BigInt(`0b${bits}`), length: Number(length), size: bits.length };
}

function numbered(subject: string, { first, length, size }: Network, prefixLength: number, number: number): string {
  const last = 2n ** BigInt(prefixLength - length) - 1n;
  // Larger numbers are not exact in JavaScript.
  const largest = last < Number.MAX_SAFE_INTEGER ? Number(last) : Number.MAX_SAFE_INTEGER;
  if (!isWhole(number, 0, largest)) throw refusal(subject, "number", `must be a whole number, 0 to ${largest}`);
  return `${printed(first + (BigInt(number) << BigInt(size - prefixLength)), size)}/${prefixLength}`;
}

function printed(address: bigint, size: number): string {
  const isFour = size === 32;
  const digits = address.toString(16).padStart(size / 4, "0");
  const words = digits.match(isFour ? /../g : /..../g) ?? [];
  return isFour ? words.map((word) => Number.parseInt(word, 16)).join(".") : canonicalAddress(words.join(":"));
}

function isWhole(value: number, least: number, largest: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= largest;
}

function refusal(subject: string, property: string, rule: string): pulumi.RunError {
  return new pulumi.RunError(`${subject}: ${property}: ${rule}`);
}
