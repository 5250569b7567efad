import { isIPv6 } from "node:net";

// What a resource means when it is given for an input of type text. Without Pulumi's SDK, which the plugin does not load.

/**
 * The inputs that accept a resource, and which of its outputs each one takes; nested for inputs that are objects.
 * - "name", "id": that output. For a pair, the name of the end in the namespace of the resource that it is given to.
 * - "address": its first address; "address:4", "address:6", "address:KEY": the first of this IP version, or of that of the
 *   input KEY. For a pair, the address of the end in the other namespace.
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

/** What is known of the resource, and of the resource that it is given to. */
export type Facts = [
  name: string,
  addresses: readonly string[] | undefined,
  netns: string | undefined,
  peer?: End | undefined,
  here?: string | undefined,
  version?: string,
];

/** The text that a resource means. */
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

/** An address without its prefix length. */
export function withoutLength(address: string): string {
  return address.replace(/\/\d+$/, "");
}
