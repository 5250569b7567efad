import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";

/** Of an entry for all frames of which a VXLAN link knows no other way. */
export const allZeros = "00:00:00:00:00:00";

/** What IPv6 needs, and every host of IPv4 takes. */
const leastMtu = 1280;

/** Bytes that VXLAN takes of each packet: outer IP, UDP, its own header, and the inner Ethernet header. */
export function overheadOf(address: string): number {
  return isIPv6(address) ? 70 : 50;
}

/** A number from 1 to 16777215 that is always the same for a name. */
export function vniOf(name: string): number {
  return (createHash("sha256").update(name).digest().readUIntBE(0, 3) % 0xffffff) + 1;
}

/** Within the 15 characters that the kernel allows. */
export function linkName(vni: number): string {
  return `vxlan${vni}`;
}

/** Each of them and each other one, both ways. */
export function pairsOf(members: object): [string, string][] {
  const names = Object.keys(members);
  return names.flatMap((from) => names.filter((to) => to !== from).map((to): [string, string] => [from, to]));
}

/** The way from one host to another, as the first one's routes say. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly exists: boolean;
  readonly local?: boolean | undefined;
  readonly mtu?: number | undefined;
}

/** What is wrong with hosts that are to reach each other; undefined: nothing. */
export function reasonAgainst(ways: readonly Way[]): string | undefined {
  const own = ways.find(({ local }) => local);
  if (own) return `${own.to}: is the same host as ${own.from}, whose own address it has`;
  const none = ways.find(({ exists }) => !exists);
  return none && `${none.to}: ${none.from} has no route to its address`;
}

/** The mtu of the LAN, or what is wrong with that of the network between the hosts. */
export function mtuOf(underlay: number, addresses: readonly string[]): number | string {
  const overhead = Math.max(...addresses.map(overheadOf));
  if (underlay - overhead >= leastMtu) return underlay - overhead;
  const rule = `must be at least ${leastMtu + overhead} between the hosts, and is ${underlay}`;
  return `underlayMtu: ${rule}: VXLAN takes ${overhead} bytes of each packet, and IPv6 needs ${leastMtu}`;
}
