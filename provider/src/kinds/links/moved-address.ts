import type { Values } from "../../core/check";
import { isValues } from "../../core/compare";
import { isMark } from "../../core/mark";
import { stackOf } from "../../core/ownership";
import { program } from "../../core/program";
import { undefinedWithoutNetns } from "../../errors";
import { type Host, withoutReadCache } from "../../host";
import { listNetns } from "../../host/netns";
import { at } from "../../schema/fields";
import { ipAll } from "../../tools/ip/batch";
import { cidrOf } from "../../tools/ip/link-addresses";
import { type Link, type LinkAddress, showLinks } from "../../tools/ip/links";
import { addCommand } from "./addresses";

/** A link with an address, and the place of the link. */
export interface Holder {
  readonly where: string;
  readonly mark: string;
}

/**
 * The links in all namespaces of this host that have an IPv6 address, except those on which the kernel found it to be a
 * duplicate.
 */
export async function holdersOf(host: Host, address: string): Promise<Holder[]> {
  const places = [undefined, ...(await listNetns(host))];
  const holds = ({ local, dadfailed }: LinkAddress) => local === address && !dadfailed;
  const holders = await Promise.all(
    places.map(async (netns) => {
      const links = await undefinedWithoutNetns(() => withoutReadCache(() => showLinks(host, netns)));
      const holding = links?.filter(({ addr_info }) => addr_info.some(holds)) ?? [];
      return holding.map(({ ifname, ifalias = "" }) => ({ where: at(ifname, netns), mark: ifalias }));
    }),
  );
  return holders.flat();
}

/**
 * Is the address moving? Then only resources of the same stack have it, and the program does not want it there any more:
 * deletes come last.
 */
export function isMoving({ ifalias: mark = "" }: Link, { local }: LinkAddress, holders: readonly Holder[]): boolean {
  const wanted = [...program.values()].flatMap(addressesIn).filter((each) => each.startsWith(`${local}/`));
  const isOurs = (holder: Holder) => isMark(holder.mark) && stackOf(holder.mark) === stackOf(mark);
  return wanted.length === 1 && holders.length > 0 && holders.every(isOurs);
}

/** The addresses in the inputs of a resource. */
function addressesIn({ addresses, peer, address }: Values): string[] {
  return [addresses, isValues(peer) && peer.addresses, address].flat().filter((each) => typeof each === "string");
}

/** Gives a link the address although another one has it. A change removes the flag "nodad" without a new check. */
export async function takeAddress(
  host: Host,
  { name, netns }: { readonly name: string; readonly netns?: string | undefined },
  { dadfailed: _, ...address }: LinkAddress,
): Promise<void> {
  const add = addCommand({ ...address, nodad: true }, name);
  const change = addCommand({ ...address, nodad: false }, name).map((word, index) => (index === 1 ? "change" : word));
  await ipAll(host, netns, [["addr", "del", cidrOf(address), "dev", name], add, change]);
}
