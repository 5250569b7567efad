import { isIPv4 } from "node:net";
import type { Link, LinkAddress } from "./links";

/** The addresses that a link can use. */
export function addressesOf(link: Link): string[] {
  return link.addr_info.filter(({ dadfailed }) => !dadfailed).map(cidrOf);
}

/** The addresses that an administrator gave the link, not the kernel, a router or a DHCP client. */
export function staticAddressesOf(link: Link): string[] {
  const given = link.addr_info.filter(({ dynamic, address, local }) => {
    return !dynamic && address === undefined && !local?.startsWith("fe80:");
  });
  return addressesOf({ ...link, addr_info: given });
}

/**
 * Did the kernel make the address by itself? It makes those of `lo`, and IPv6 addresses whose last half it generates or
 * derives from a MAC address or from the IPv4 address of a tunnel. It keeps such an address when the link gets another MAC
 * address.
 */
export function isKernelsAddress({ ifname, address = "" }: Link, entry: LinkAddress): boolean {
  const cidr = cidrOf(entry);
  if (ifname === "lo" && ["127.0.0.1/8", "::1/128"].includes(cidr)) return true;
  if (entry.temporary || entry["stable-privacy"]) return true;
  if (/^fe80::(?:200:)?5efe:[0-9a-f]{1,4}:[0-9a-f]{1,4}\/64$/.test(cidr)) return true;
  if (isIPv4(address) && cidr === `fe80::${lastHalfOf(address)}/64`) return true;
  return /^fe80::(?:.*:)?[0-9a-f]{0,2}ff:fe[0-9a-f]{2}:[0-9a-f]{1,4}\/64$/.test(cidr);
}

/**
 * The part of an IPv6 address that the kernel derives from the IPv4 address of a tunnel of type sit: c0a8:101 from
 * 192.168.1.1.
 */
function lastHalfOf(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return [a * 256 + b, c * 256 + d].map((number) => number.toString(16)).join(":");
}

/**
 * The addresses that another machine has. The kernel keeps them on the link, but does not use them and does not check them
 * again.
 */
export function duplicatesOf(link: Link): string[] {
  return link.addr_info.filter(({ dadfailed }) => dadfailed).map(cidrOf);
}

export function cidrOf({ local, address, prefixlen }: LinkAddress): string {
  return address === undefined ? `${local}/${prefixlen}` : `${local} peer ${address}/${prefixlen}`;
}
