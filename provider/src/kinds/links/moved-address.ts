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
import { cidrOf, type Link, type LinkAddress, showLinks } from "../../tools/ip/links";
import { addCommand } from "./addresses";

/** A link that has an address, and where it is. */
export interface Holder {
  readonly where: string;
  readonly mark: string;
}

/** The links of this host, in all its namespaces, that have an IPv6 address which the kernel found to be no duplicate. */
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

/** Do only resources of the same stack have it that the program asks for it no more? Deletes come last. */
export function isMoving({ ifalias: mark = "" }: Link, { local }: LinkAddress, holders: readonly Holder[]): boolean {
  const wanted = [...program.values()].flatMap(addressesIn).filter((each) => each.startsWith(`${local}/`));
  const isOurs = (holder: Holder) => isMark(holder.mark) && stackOf(holder.mark) === stackOf(mark);
  return wanted.length === 1 && holders.length > 0 && holders.every(isOurs);
}

/** The addresses that a resource asks for. */
function addressesIn({ addresses, peer, address }: Values): string[] {
  return [addresses, isValues(peer) && peer.addresses, address].flat().filter((each) => typeof each === "string");
}

/** Gives a link the address in spite of the other that has it. To change it takes away the word "nodad", and asks nobody again. */
export async function takeAddress(
  host: Host,
  { name, netns }: { readonly name: string; readonly netns?: string | undefined },
  { dadfailed: _, ...address }: LinkAddress,
): Promise<void> {
  const add = addCommand({ ...address, nodad: true }, name);
  const change = addCommand({ ...address, nodad: false }, name).map((word, index) => (index === 1 ? "change" : word));
  await ipAll(host, netns, [["addr", "del", cidrOf(address), "dev", name], add, change]);
}
