import type { Host } from "../../host";
import { networkOf } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { cidrOf } from "../../tools/ip/link-addresses";
import { type LinkAddress, showLink } from "../../tools/ip/links";
import { addCommand } from "../links/addresses";
import { observedLink } from "../links/link";
import { preserveRoutes } from "../links/preserve";
import { type AddressKey, entryOf } from "./entries";

interface Where extends AddressKey {
  readonly device: string;
  readonly netns?: string | undefined;
}

/**
 * Removes one address and keeps all others. When a primary IPv4 address is removed, the kernel removes the others of its
 * network too, and with the last one all routes of the link. They are restored in the same call, or right after it. `then`:
 * commands to run right after the removal.
 */
export async function removeAddress(
  host: Host,
  { device, netns, ...key }: Where,
  then: readonly string[][] = [],
): Promise<void> {
  const link = await showLink(host, netns, device);
  const entry = link && entryOf(link, key);
  if (!link || !entry) return;
  const restore = await preserveRoutes(host, { name: device, netns }, observedLink(link, ""));
  try {
    // "replace" also works if the kernel keeps the others (promote_secondaries).
    const others = secondariesOf(entry, link.addr_info).map((each) => addCommand(each, device, "replace"));
    await ipAll(host, netns, [deleteCommand(entry, device), ...then, ...others]);
  } finally {
    await restore();
  }
}

/**
 * Removes an address that another host has. The kernel keeps it on the link, but does not use it and does not check it
 * again.
 */
export async function removeDuplicate(host: Host, { device, netns, ...key }: Where): Promise<void> {
  const link = await showLink(host, netns, device);
  const entry = link && entryOf(link, key);
  if (entry?.dadfailed) await ipAll(host, netns, [deleteCommand(entry, device)]);
}

function deleteCommand(entry: LinkAddress, device: string): string[] {
  return ["addr", "del", ...cidrOf(entry).split(" "), "dev", device];
}

function secondariesOf(primary: LinkAddress, all: readonly LinkAddress[]): readonly LinkAddress[] {
  if (primary.secondary) return [];
  const network = ({ local, address = local, prefixlen }: LinkAddress) => networkOf(`${address}/${prefixlen}`);
  return all.filter((each) => each.secondary && network(each) === network(primary));
}
