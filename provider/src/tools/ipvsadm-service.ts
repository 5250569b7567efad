import { address, anyPort, netnsName } from "../schema/fields";

/** A virtual service, with the names that ipvsadm's manual uses. */
export interface Service {
  readonly key: ServiceKey;
  readonly scheduler: string;
  readonly schedulerFlags: string[];
  readonly persistenceTimeout: number | undefined;
  readonly persistenceNetmask: string | undefined;
  readonly onePacket: boolean;
  readonly backends: Backend[];
}

export type ServiceKey =
  | { readonly protocol: "tcp" | "udp" | "sctp"; readonly address: string; readonly port: number }
  | { readonly firewallMark: number; readonly family: "ipv4" | "ipv6" };

export interface Backend {
  readonly address: string;
  readonly port: number;
  readonly forwarding: "masquerade" | "gateway" | "tunnel";
  readonly weight: number;
  /** Only for tunnels. */
  readonly tunnelType?: TunnelType | undefined;
  /** Only for tunnels of type GUE. */
  readonly tunnelPort?: number | undefined;
}

export const tunnelTypes = ["ipip", "gue", "gre"] as const;

export type TunnelType = (typeof tunnelTypes)[number];

export const protocolOptions = { tcp: "-t", udp: "-u", sctp: "--sctp-service" } as const;

export const forwardingOptions = { masquerade: "-m", gateway: "-g", tunnel: "-i" } as const;

/** A host and port in ipvsadm's form. */
export function endpoint(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** The arguments that name a service. */
export function serviceArgs(key: ServiceKey): string[] {
  if ("firewallMark" in key) return ["-f", String(key.firewallMark), ...(key.family === "ipv6" ? ["-6"] : [])];
  return [protocolOptions[key.protocol], endpoint(key.address, key.port)];
}

/** The id of a service: tcp/10.0.0.1:80, fwmark/7 or, for IPv6, fwmark6/7. */
export function serviceId(key: ServiceKey): string {
  if ("firewallMark" in key) return `fwmark${key.family === "ipv6" ? "6" : ""}/${key.firewallMark}`;
  return `${key.protocol}/${endpoint(key.address, key.port)}`;
}

/**
 * Parses the id of a service; undefined: it is not one. Its parts become part of command lines and paths, so all are
 * checked.
 */
export function parseServiceId(id: string): { key: ServiceKey; netns: string | undefined } | undefined {
  const [name = "", netns, ...rest] = id.split("@");
  if (rest.length > 0 || (netns !== undefined && !netnsName.safeParse(netns).success)) return undefined;
  const key = parseServiceName(name);
  return key && { key, netns };
}

function parseServiceName(name: string): ServiceKey | undefined {
  const mark = /^fwmark(6?)\/([1-9]\d{0,9})$/.exec(name);
  if (mark) {
    const firewallMark = Number(mark[2]);
    return firewallMark <= 0xffffffff ? { firewallMark, family: mark[1] ? "ipv6" : "ipv4" } : undefined;
  }
  const [, protocol, where = ""] = /^(tcp|udp|sctp)\/(.+)$/.exec(name) ?? [];
  const parsed = parseEndpoint(where);
  const canonical = address.safeParse(parsed?.address);
  if (!parsed || !canonical.success || !anyPort.safeParse(parsed.port).success) return undefined;
  return { protocol: protocol as "tcp", address: canonical.data, port: parsed.port };
}

export function parseEndpoint(text: string): { address: string; port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([\d.]+)):(\d+)$/.exec(text);
  return match ? { address: match[1] ?? match[2] ?? "", port: Number(match[3]) } : undefined;
}

export function sameService(a: ServiceKey, b: ServiceKey): boolean {
  return serviceId(a) === serviceId(b);
}
