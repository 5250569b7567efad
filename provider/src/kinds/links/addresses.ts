import { familyOf, networkOf } from "../../schema/fields";
import type { ObservedLink } from "./link";

/** Which addresses go and which come, in that order, so that the link has those asked for and others stay. */
export interface AddressPlan {
  readonly remove: string[];
  readonly add: string[];
}

/** `before`: the addresses that were asked for until now. */
export function planAddresses(wanted: readonly string[], before: readonly string[], link: ObservedLink): AddressPlan {
  const { addresses } = link.inputs;
  const { duplicates } = link.detail;
  const surplus = [...addresses, ...duplicates].filter((each) => before.includes(each) && !wanted.includes(each));
  const misplaced = misplacedAddresses(wanted, addresses);
  // The kernel does not ask again for an address that another had.
  const useless = duplicates.filter((each) => wanted.includes(each));
  // The last first: a primary IPv4 address takes its secondaries along, and those are behind it in the kernel's order.
  return {
    remove: [...[...surplus, ...misplaced].sort((a, b) => addresses.indexOf(b) - addresses.indexOf(a)), ...useless],
    add: wanted.filter((each) => !addresses.includes(each)),
  };
}

/** The first address of an IPv4 network is its primary one: those that stand before one that should precede them. */
function misplacedAddresses(wanted: readonly string[], there: readonly string[]): string[] {
  return wanted.filter((address, index) => {
    if (familyOf(address) === 6 || !there.includes(address)) return false;
    return wanted.slice(0, index).some((earlier) => {
      const isLater = !there.includes(earlier) || there.indexOf(earlier) > there.indexOf(address);
      return networkOf(earlier) === networkOf(address) && isLater;
    });
  });
}
