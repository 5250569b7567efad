import { isIPv6 } from "node:net";

// What a resource means where an input is text. The plugin needs it too, and does without Pulumi's SDK.

/**
 * The inputs that take a resource too, and what they mean by it; of an input with inputs of its own, those.
 * - "name", "id": that output. Of a pair the name is that of the end in the namespace of whoever asks.
 * - "address": its first address; "address:4", "address:6", "address:KEY": that of this IP version, or of the one of the
 *   input KEY. Of a pair it is that of the end in the other namespace.
 */
export interface References {
  readonly [key: string]: string | References;
}

/** One end of a pair; the other is its `peer`. */
interface End {
  readonly name: string;
  readonly netns?: string | undefined;
  readonly addresses?: readonly string[] | undefined;
}

/** What is known of the resource, and of whoever asks. */
export type Facts = [
  name: string,
  addresses: readonly string[] | undefined,
  netns: string | undefined,
  peer?: End | undefined,
  here?: string | undefined,
  version?: string,
];

/** The text that a resource stands for. */
export function textOf(key: string, output: string, [name, addresses, netns, peer, here, version]: Facts): string {
  const near = { name, netns, addresses };
  const [hereEnd, otherEnd] = peer && peer.netns === here && netns !== here ? [peer, near] : [near, peer ?? near];
  if (output === "name") return hereEnd.name;
  const isSix = version === "6" || isIPv6(withoutLength(version ?? ""));
  const candidates = (otherEnd.addresses ?? []).map(withoutLength);
  const address = candidates.find((each) => !version || isIPv6(each) === isSix);
  if (address !== undefined) return address;
  throw new Error(`${key}: ${otherEnd.name} has no ${version ? `IPv${isSix ? 6 : 4} ` : ""}address`);
}

/** The address of one with a prefix length. */
export function withoutLength(address: string): string {
  return address.replace(/\/\d+$/, "");
}
