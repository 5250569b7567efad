import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { OverlayArgs } from "./args";

/** The MAC address of the entry that a VXLAN link uses for frames without an entry of their own. */
export const allZeros = "00:00:00:00:00:00";

/** The smallest mtu of IPv6, which every IPv4 host accepts too. */
const leastMtu = 1280;

const digest = (text: string) => createHash("sha256").update(text).digest();

/** A number from 1 to 16777215 that depends only on the name. */
export function vniOf(name: string): number {
  return (digest(name).readUIntBE(0, 3) % 0xffffff) + 1;
}

/** The names of links fit into the 15 characters that the kernel allows. */
export const vxlanName = (vni: number) => `vxlan${vni}`;
export const wireguardName = (vni: number) => `wg${vni}`;

/** A host's address inside WireGuard, in a private network of the LAN (RFC 4193). It does not depend on the other hosts. */
export function innerAddress(name: string, host: string): string {
  const words = Buffer.concat([Buffer.from([0xfd]), digest(name).subarray(0, 7), digest(host).subarray(0, 8)]);
  return Array.from({ length: 8 }, (_, index) => words.readUInt16BE(index * 2).toString(16)).join(":");
}

/** All ordered pairs of names. */
export function pairsOf(members: object): [string, string][] {
  const names = Object.keys(members);
  return names.flatMap((from) => names.filter((to) => to !== from).map((to): [string, string] => [from, to]));
}

/** The route from one host to another, read on the first. */
interface Way {
  readonly from: string;
  readonly to: string;
  readonly exists: boolean;
  readonly local?: boolean | undefined;
  readonly source?: string | undefined;
  readonly mtu?: number | undefined;
}

/** The reason why the hosts cannot reach each other; undefined: they can. */
export function reasonAgainst(
  ways: readonly Way[],
  addresses: ReadonlyMap<string, string>,
  { over = "vxlan" }: OverlayArgs,
): string | undefined {
  const localWay = ways.find(({ local }) => local);
  if (localWay) return `${localWay.to}: is the same host as ${localWay.from}, whose own address it has`;
  const none = ways.find(({ exists }) => !exists);
  if (none) return `${none.to}: ${none.from} has no route to its address`;
  const [[first, address] = ["", ""], ...others] = addresses;
  const other = over === "vxlan" && others.find(([, each]) => isIPv6(each) !== isIPv6(address));
  if (!other) return undefined;
  return `${other[0]}: the address ${other[1]} must be of the same IP version as that of ${first}, ${address}`;
}

/**
 * The bytes that headers take of each packet between the hosts: the outer headers of WireGuard and of VXLAN, and for VXLAN
 * the inner Ethernet header too.
 */
function overheadOf(addresses: readonly string[], { over = "vxlan" }: OverlayArgs) {
  const isSix = addresses.some((each) => isIPv6(each));
  return over === "wireguard" ? { wireguard: isSix ? 80 : 60, vxlan: 70 } : { wireguard: 0, vxlan: isSix ? 70 : 50 };
}

/** The mtus of the WireGuard links and of the LAN, or the reason why the network between the hosts has too small a one. */
export function mtusOf(
  underlay: number,
  addresses: readonly string[],
  args: OverlayArgs,
): { readonly wireguard: number; readonly lan: number } | string {
  const { wireguard, vxlan } = overheadOf(addresses, args);
  const lan = underlay - wireguard - vxlan;
  if (lan >= leastMtu) return { wireguard: underlay - wireguard, lan };
  const rule = `must be at least ${leastMtu + wireguard + vxlan} between the hosts, and is ${underlay}`;
  const taken = wireguard > 0 ? `WireGuard takes ${wireguard} and VXLAN ${vxlan}` : `VXLAN takes ${vxlan}`;
  return `underlayMtu: ${rule}: ${taken} bytes of each packet, and IPv6 needs ${leastMtu}`;
}
