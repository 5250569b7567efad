import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type { OverlayArgs } from "./args";

/** Of an entry for all frames of which a VXLAN link knows no other way. */
export const allZeros = "00:00:00:00:00:00";

/** What IPv6 needs, and every host of IPv4 takes. */
const leastMtu = 1280;

const digest = (text: string) => createHash("sha256").update(text).digest();

/** A number from 1 to 16777215 that is always the same for a name. */
export function vniOf(name: string): number {
  return (digest(name).readUIntBE(0, 3) % 0xffffff) + 1;
}

/** Within the 15 characters that the kernel allows. */
export const vxlanName = (vni: number) => `vxlan${vni}`;
export const wireguardName = (vni: number) => `wg${vni}`;

/** A host's address inside of WireGuard, in a network of the LAN's own (RFC 4193): whatever other hosts there are, it stays. */
export function innerAddress(name: string, host: string): string {
  const words = Buffer.concat([Buffer.from([0xfd]), digest(name).subarray(0, 7), digest(host).subarray(0, 8)]);
  return Array.from({ length: 8 }, (_, index) => words.readUInt16BE(index * 2).toString(16)).join(":");
}

/** Each of them and each other one, both ways. */
export function pairsOf(members: object): [string, string][] {
  const names = Object.keys(members);
  return names.flatMap((from) => names.filter((to) => to !== from).map((to): [string, string] => [from, to]));
}

/** The way from one host to another, as the first one's routes say. */
interface Way {
  readonly from: string;
  readonly to: string;
  readonly exists: boolean;
  readonly local?: boolean | undefined;
  readonly source?: string | undefined;
  readonly mtu?: number | undefined;
}

/** What is wrong with hosts that are to reach each other; undefined: nothing. */
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

/** Bytes of each packet between the hosts: the outer headers of WireGuard and of VXLAN, and of VXLAN the inner Ethernet header. */
function overheadOf(addresses: readonly string[], { over = "vxlan" }: OverlayArgs) {
  const isSix = addresses.some((each) => isIPv6(each));
  return over === "wireguard" ? { wireguard: isSix ? 80 : 60, vxlan: 70 } : { wireguard: 0, vxlan: isSix ? 70 : 50 };
}

/** The mtu of WireGuard's links and of the LAN, or what is wrong with that of the network between the hosts. */
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
