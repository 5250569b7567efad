import { familyOf } from "../../schema/fields";
import { cidrOf } from "../../tools/ip/link-addresses";
import { aliasArgs, type LinkAddress } from "../../tools/ip/links";
import { peerRouteCommands } from "../../tools/ip/peer-routes";
import { addCommand } from "../links/addresses";

// The loopback link of a namespace: it carries the mark of the namespace.

/** The kernel adds this address when a loopback comes up, and does not remove it. */
const loopbackAddress = "127.0.0.1/8";

export interface ObservedLoopback {
  readonly isLoopbackUp: boolean;
  readonly loopbackAddresses: readonly LinkAddress[];
}

export const newLoopback: ObservedLoopback = { isLoopbackUp: false, loopbackAddresses: [] };

/** The commands that mark the namespace, and set its loopback up or down. */
export function markNamespace(
  { owner, loopback }: { readonly owner: string; readonly loopback: boolean },
  { isLoopbackUp, loopbackAddresses } = newLoopback,
): string[][] {
  const mark = ["link", "set", "dev", "lo", loopback ? "up" : "down", ...aliasArgs(owner)];
  if (loopback) return [mark, ...(isLoopbackUp ? [] : peerRouteCommands("lo", loopbackAddresses))];
  return [
    mark,
    ...(hasLoopbackAddress(loopbackAddresses) ? [["addr", "del", loopbackAddress, "dev", "lo"]] : []),
    // In the same process: who asked for them may not look again.
    ...(isLoopbackUp ? loopbackAddresses.filter(isLostDown).map((each) => addCommand(each, "lo", "replace")) : []),
  ];
}

/** Does the kernel remove the address when the link goes down, and not add it by itself? */
function isLostDown({ local = "" }: LinkAddress): boolean {
  return familyOf(local) === 6 && local !== "::1";
}

/** Is it up or down as asked for, and then without the address that it had when it was up? */
export function isLoopbackReady(loopback: boolean, { isLoopbackUp, loopbackAddresses }: ObservedLoopback): boolean {
  return isLoopbackUp === loopback && (loopback || !hasLoopbackAddress(loopbackAddresses));
}

function hasLoopbackAddress(addresses: readonly LinkAddress[]): boolean {
  return addresses.some((each) => cidrOf(each) === loopbackAddress);
}
