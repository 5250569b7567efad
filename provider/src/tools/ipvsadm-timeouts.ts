import { LocalnetError } from "../errors";
import type { Host } from "../host";
import { hasIpvs, ipvsadm } from "./ipvsadm";

/** Seconds, by ipvsadm's names. */
export interface Timeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

export async function showTimeouts(host: Host, netns: string | undefined): Promise<Timeouts> {
  const text = await ipvsadm(host, netns, "-L", "--timeout");
  const [, tcp, tcpFin, udp] = /^Timeout \(tcp tcpfin udp\): (\d+) (\d+) (\d+)$/m.exec(text) ?? [];
  if (udp === undefined) throw new LocalnetError("LN_COMMAND", `cannot read what ipvsadm -L --timeout prints: ${text}`);
  return { tcp: Number(tcp), tcpFin: Number(tcpFin), udp: Number(udp) };
}

/** The same, or undefined if the kernel has no IPVS: ipvsadm would load the module. */
export async function findTimeouts(host: Host, netns: string | undefined): Promise<Timeouts | undefined> {
  return (await hasIpvs(host)) ? showTimeouts(host, netns) : undefined;
}

export async function setTimeouts(host: Host, netns: string | undefined, seconds: readonly string[]): Promise<void> {
  await ipvsadm(host, netns, "--set", ...seconds);
}
