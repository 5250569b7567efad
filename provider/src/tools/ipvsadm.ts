import { LocalnetError } from "../errors";
import { cached, type Host, usesReadCache } from "../host";
import { commandError } from "../host/command-error";
import { enter } from "../host/netns";
import { address, anyPort, netnsName } from "../schema/fields";
import { isMissing } from "./modules";

/** The reason why IPVS is not possible, if that is certain. */
export async function whyNoIpvs(host: Host): Promise<string | undefined> {
  return (await isMissing(host, "ip_vs"))
    ? "the running kernel has no IPVS, module ip_vs: use another kernel or, with the input host, another machine"
    : undefined;
}

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

interface Backend {
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

const protocolOptions = { tcp: "-t", udp: "-u", sctp: "--sctp-service" } as const;
export const forwardingOptions = { masquerade: "-m", gateway: "-g", tunnel: "-i" } as const;

export async function ipvsadm(host: Host, netns: string | undefined, ...args: string[]): Promise<string> {
  return (await host.run(enter(netns, ["ipvsadm", ...args]))).stdout;
}

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

function sameService(a: ServiceKey, b: ServiceKey): boolean {
  return serviceId(a) === serviceId(b);
}

function listServices(host: Host, netns: string | undefined): Promise<Service[]> {
  return cached(host, `services ${netns ?? ""}`, async () => parseServices(await ipvsadm(host, netns, "-S", "-n")));
}

/** One service. Code that changes a service reads only this one, since reading all takes longer the more there are. */
export async function showService(
  host: Host,
  netns: string | undefined,
  key: ServiceKey,
): Promise<Service | undefined> {
  if (usesReadCache()) return (await listServices(host, netns)).find((each) => sameService(each.key, key));
  return cached(host, `service ${serviceId(key)} ${netns ?? ""}`, async () => {
    const argv = enter(netns, ["ipvsadm", "-L", "-n", "--tun-info", ...serviceArgs(key)]);
    const result = await host.run(argv, { accept: [0, 1] });
    if (result.exitCode === 0) return parseShown(key, result.stdout);
    if (result.stderr.trim() !== "No such service") throw commandError(argv, result);
    return undefined;
  });
}

/** All services, or none if the kernel has no IPVS: ipvsadm would load the module. */
export async function findServices(host: Host, netns: string | undefined): Promise<Service[]> {
  return (await hasIpvs(host)) ? listServices(host, netns) : [];
}

export async function hasIpvs(host: Host): Promise<boolean> {
  return (await host.run(["ls", "/proc/net/ip_vs"], { accept: [0, 2] })).exitCode === 0;
}

/** Parses the output of `ipvsadm -S -n`: a line for each service, followed by its backends. */
export function parseServices(text: string): Service[] {
  const services: Service[] = [];
  for (const line of text.split("\n")) {
    const words = line.trim().split(" ");
    if (words[0] === "-A") services.push(parseService(words.slice(1)));
    if (words[0] === "-a") services.at(-1)?.backends.push(parseBackend(words.slice(1)));
  }
  return services;
}

/** Parses the output of `ipvsadm -L -n` for one service, which differs from that of `-S`. */
export function parseShown(key: ServiceKey, text: string): Service {
  const match =
    /^(?:TCP|UDP|SCTP|FWM) +\S+(?: IPv6)? (\S+)(?: \((\S+)\))?(?: persistent (\d+))?(?: mask (\S+))?(?: pe \S+)?( ops)? *$/m.exec(
      text,
    );
  if (!match) throw new LocalnetError("LN_COMMAND", `cannot read what ipvsadm -L prints: ${text}`);
  const [, scheduler = "", flags, timeout, persistenceNetmask, ops] = match;
  const rows = [...text.matchAll(/^ +-> +(\S+:\d+) +(Masq|Tunnel|Route|Local) +(\S+) +(\d+) /gm)];
  return {
    ...{ key, scheduler, persistenceNetmask, onePacket: ops !== undefined },
    schedulerFlags: flags?.split(",") ?? [],
    persistenceTimeout: timeout === undefined ? undefined : Number(timeout),
    backends: rows.map(([, end = "", way, tunnel = "", weight]) => ({
      ...endOf(end),
      ...(way === "Tunnel" ? tunnelOf(...tunnel.split(":")) : {}),
      forwarding: way === "Masq" ? "masquerade" : way === "Tunnel" ? "tunnel" : "gateway",
      weight: Number(weight),
    })),
  };
}

function tunnelOf(type?: string, port?: string): Pick<Backend, "tunnelType" | "tunnelPort"> {
  return { tunnelType: type as TunnelType, ...(type === "gue" && { tunnelPort: Number(port) }) };
}

function parseService(words: string[]): Service {
  const after = optionValues(words);
  const persistence = after("-p");
  return {
    key: parseKey(words),
    scheduler: after("-s") ?? "",
    schedulerFlags: after("-b")?.split(",") ?? [],
    persistenceTimeout: persistence === undefined ? undefined : Number(persistence),
    persistenceNetmask: after("-M"),
    onePacket: words.includes("-o"),
    backends: [],
  };
}

function parseKey(words: string[]): ServiceKey {
  const after = optionValues(words);
  const mark = after("-f");
  if (mark !== undefined) return { firewallMark: Number(mark), family: words.includes("-6") ? "ipv6" : "ipv4" };
  for (const [protocol, option] of Object.entries(protocolOptions)) {
    const where = parseEndpoint(after(option) ?? "");
    if (where) return { protocol: protocol as "tcp", ...where };
  }
  throw new LocalnetError("LN_COMMAND", `cannot read a line of ipvsadm -S: ${words.join(" ")}`);
}

function parseBackend(words: string[]): Backend {
  const after = optionValues(words);
  const forwarding = words.includes("-m") ? "masquerade" : words.includes("-i") ? "tunnel" : "gateway";
  const tunnel = forwarding === "tunnel" ? tunnelOf(after("--tun-type") ?? "ipip", after("--tun-port")) : {};
  return { ...endOf(after("-r")), ...tunnel, forwarding, weight: Number(after("-w")) };
}

function endOf(text = ""): Pick<Backend, "address" | "port"> {
  return parseEndpoint(text) ?? { address: "", port: 0 };
}

function optionValues(words: string[]): (option: string) => string | undefined {
  return (option) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
}

/** The thresholds of a service's backends, by endpoint. `ipvsadm -S` does not print them. */
export async function listThresholds(
  host: Host,
  netns: string | undefined,
  key: ServiceKey,
): Promise<Map<string, { upper: number; lower: number }>> {
  const text = await ipvsadm(host, netns, "-L", "-n", "--thresholds", ...serviceArgs(key));
  const rows = [...text.matchAll(/^\s+->\s+(\S+:\d+)\s+(\d+)\s+(\d+)/gm)];
  return new Map(rows.map(([, where = "", upper, lower]) => [where, { upper: Number(upper), lower: Number(lower) }]));
}
