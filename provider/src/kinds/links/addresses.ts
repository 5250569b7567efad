import { readClaim } from "../../core/ledger";
import { LocalnetError } from "../../errors";
import type { Host } from "../../host";
import { at, canonicalAddress, familyOf, networkOf } from "../../schema/fields";
import { cidrOf } from "../../tools/ip/link-addresses";
import type { LinkAddress } from "../../tools/ip/links";
import type { ObservedLink } from "./link";
import type { LinkArgs } from "./options";

/** The addresses to remove, then those to add, so that the link has the wanted ones and keeps others. */
interface AddressPlan {
  readonly remove: string[];
  readonly add: string[];
}

/** `before`: the addresses that were wanted until now. */
export function planAddresses(wanted: readonly string[], before: readonly string[], link: ObservedLink): AddressPlan {
  const { addresses } = link.inputs;
  const { duplicates } = link.detail;
  const surplus = [...addresses, ...duplicates].filter((each) => before.includes(each) && !wanted.includes(each));
  const misplaced = misplacedAddresses(wanted, addresses);
  // The kernel does not check an address again that another machine had.
  const useless = duplicates.filter((each) => wanted.includes(each));
  // The last one first: the kernel removes the secondaries of a primary IPv4 address with it, and they come after it in the
  // kernel's order.
  return {
    remove: [...[...surplus, ...misplaced].sort((a, b) => addresses.indexOf(b) - addresses.indexOf(a)), ...useless],
    add: wanted.filter((each) => !addresses.includes(each)),
  };
}

/**
 * The first address of an IPv4 network is its primary one. Returns the addresses that are before one that they should
 * follow.
 */
function misplacedAddresses(wanted: readonly string[], existing: readonly string[]): string[] {
  return wanted.filter((address, index) => {
    if (familyOf(address) === 6 || !existing.includes(address)) return false;
    return wanted.slice(0, index).some((earlier) => {
      const isLater = !existing.includes(earlier) || existing.indexOf(earlier) > existing.indexOf(address);
      return networkOf(earlier) === networkOf(address) && isLater;
    });
  });
}

/** The addresses of `before` that the kernel removed with others or when the link went down, and does not add again itself. */
export function lostAddresses(
  before: ObservedLink,
  now: ObservedLink,
  removed: readonly string[],
): readonly LinkAddress[] {
  const existing = now.detail.entries.map(cidrOf);
  const linkLocal = linkLocalOf(before.outputs.macAddress);
  return before.detail.entries.filter((each) => {
    const isRouters = each.dynamic && familyOf(each.local ?? "") === 6;
    const isKernels = each.temporary || isRouters || each.local === linkLocal;
    return !isKernels && !each.dadfailed && !existing.includes(cidrOf(each)) && !removed.includes(cidrOf(each));
  });
}

/** The id of an Address: `LINK/ADDRESS`. */
export function addressId(link: string, address: string, netns: string | undefined): string {
  return at(`${link}/${address}`, netns);
}

/** The type in the entries of addresses in the ledger. */
const addressType = "Address";

/** Throws if a wanted address exists already and belongs to an Address. */
export async function requireUnclaimed(
  host: Host,
  { name, netns, addresses = [] }: LinkArgs,
  before: readonly string[],
  link: ObservedLink,
): Promise<void> {
  for (const each of addresses) {
    if (before.includes(each) || !link.inputs.addresses.includes(each)) continue;
    const entry = await readClaim(host, { netns, what: `${addressType} ${addressId(name, each, netns)}` });
    if (!entry?.owner) continue;
    const hint = "an address is either in a link's addresses, or a separate Address";
    throw new LocalnetError("LN_EXISTS", `addresses: ${each} is there already and belongs to ${entry.owner}`, { hint });
  }
}

/** The link-local address that the kernel derives from a MAC address. */
function linkLocalOf(mac: string): string | undefined {
  const bytes = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const [first = 0, ...rest] = bytes;
  if (bytes.length !== 6 || bytes.some(Number.isNaN)) return undefined;
  const [a, b, c, d, e, f] = [first ^ 2, ...rest] as [number, number, number, number, number, number];
  const words = [(a << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f].map((word) => word.toString(16));
  return canonicalAddress(`fe80::${words.join(":")}`);
}

const flags = ["home", "mngtmpaddr", "nodad", "noprefixroute", "autojoin"] as const;
const forever = 0xffffffff;

/** The command that adds an address to a link again. */
export function addCommand(address: LinkAddress, name: string, verb: "add" | "replace" = "add"): string[] {
  const { local, address: peer, prefixlen, broadcast, scope, label, metric } = address;
  const option = (word: string, value: string | number | undefined) =>
    value === undefined ? [] : [word, String(value)];
  const seconds = (word: string, value = forever) => (value === forever ? [] : [word, String(value)]);
  return [
    ...["addr", verb, ...(peer ? [`${local}`, "peer", `${peer}/${prefixlen}`] : [`${local}/${prefixlen}`])],
    ...[...option("brd", broadcast), ...option("scope", scope), ...option("metric", metric)],
    ...option("label", label === name ? undefined : label),
    ...flags.filter((flag) => address[flag]),
    ...seconds("valid_lft", address.valid_life_time),
    ...seconds("preferred_lft", address.preferred_life_time),
    ...["dev", name],
  ];
}
