import { familyOf } from "../../schema/fields";
import { cidrOf, isKernelsAddress, staticAddressesOf } from "../../tools/ip/link-addresses";
import type { Link, LinkAddress } from "../../tools/ip/links";
import { type Scope, scopeNames, scopes } from "../../tools/ip/scopes";
import { importableTypes } from "../links/link";

export interface AddressKey {
  readonly address: string;
  readonly peer?: string | undefined;
}

/** An address in the form of ip and of ids. With a peer, the prefix length is the peer's. */
export function keyOf({ address, peer }: AddressKey): string {
  const [local, length] = address.split("/");
  return peer === undefined ? address : `${local} peer ${peer}/${length}`;
}

/**
 * The entry of an address on a link. IPv4 addresses may occur with several peers and prefix lengths, IPv6 addresses only
 * once.
 */
export function entryOf({ addr_info }: Link, key: AddressKey): LinkAddress | undefined {
  const [local] = key.address.split("/");
  const isSix = familyOf(key.address) === 6;
  return addr_info.find((each) => (isSix ? each.local === local : cidrOf(each) === keyOf(key)));
}

/** The scope that ip gives an address by default; an IPv6 address has that of its kind. */
export function defaultScope(address: string): Scope | undefined {
  if (familyOf(address) === 6) return undefined;
  return address.startsWith("127.") ? "host" : "global";
}

/** The observed address; undefined: there is none, or it cannot be used. */
export function observedAddress(link: Link, args: AddressKey & { readonly broadcast?: string | undefined }) {
  const entry = entryOf(link, args);
  if (!entry || entry.dadfailed) return undefined;
  const isSix = familyOf(args.address) === 6;
  const defaultMetric = isSix ? 256 : 0;
  const { address: peer, label, broadcast, scope = "0", nodad = false, noprefixroute = false } = entry;
  const isLast = args.broadcast === "+" && broadcast === lastAddress(peer ?? entry.local ?? "", entry.prefixlen ?? 0);
  const other = makerOf(link, entry) ?? (cidrOf(entry) === keyOf(args) ? undefined : `the address ${cidrOf(entry)}`);
  return {
    owner: other ?? null,
    ...(other !== undefined && { otherKind: true }),
    inputs: {
      ...{ peer, label, broadcast: isLast ? "+" : broadcast, noDad: nodad, noPrefixRoute: noprefixroute },
      scope: isSix ? undefined : (scopeNames.find((name) => scopes[name] === scope) ?? scope),
      metric: entry.metric ?? defaultMetric,
    },
    outputs: {},
    detail: { defaultMetric },
  };
}

export type ObservedAddress = NonNullable<ReturnType<typeof observedAddress>>;

/** The last address of an IPv4 network, which is usually the broadcast address. */
function lastAddress(address: string, length: number): string {
  const bits = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const rest = 2 ** (32 - length);
  const last = bits - (bits % rest) + rest - 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join(".");
}

/** The kernel, a router or a DHCP client, if one of them made the address: it would make it again. */
function makerOf(link: Link, entry: LinkAddress): string | undefined {
  if (isKernelsAddress(link, entry)) return "the kernel";
  return entry.dynamic ? "a router or a DHCP client, which assigned it for a limited time" : undefined;
}

/** Did an administrator give it to the link, and is it not in the list of the link's own resource? */
export function isReported(link: Link, entry: LinkAddress): boolean {
  if (isKernelsAddress(link, entry) || entry.dadfailed) return false;
  const isLinks = importableTypes.get(link.linkinfo?.info_kind ?? "")?.(link) === true && !entry.dynamic;
  return !(isLinks && staticAddressesOf(link).includes(cidrOf(entry)));
}
