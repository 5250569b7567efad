import { LocalnetError } from "../errors";
import {
  type Backend,
  parseEndpoint,
  protocolOptions,
  type Service,
  type ServiceKey,
  type TunnelType,
} from "./ipvsadm-service";

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
      ...addressIn(end),
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
  return { ...addressIn(after("-r")), ...tunnel, forwarding, weight: Number(after("-w")) };
}

function addressIn(text = ""): Pick<Backend, "address" | "port"> {
  return parseEndpoint(text) ?? { address: "", port: 0 };
}

function optionValues(words: string[]): (option: string) => string | undefined {
  return (option) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
}
