import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import { UsageError } from "../outcome";

/** What is sent, and by what its packets are known from all others. */
export interface Flow {
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly address: string;
  readonly port?: number;
  /** UDP ports of the VXLANs that may carry it. */
  readonly carriers?: readonly number[];
  /** The port, or of ping the identifier, that it is sent from: one that no other program gets by itself. */
  readonly key: number;
}

/** Above those that Linux gives to who asks for none. */
const [firstKey, endKey] = [61_000, 65_500];

/** Seconds that an answer may take. */
const patienceSeconds = "2";

export function flowTo(words: readonly string[]): Flow {
  const [first = "", second, ...rest] = words;
  const key = randomInt(firstKey, endKey);
  if (first === "ping" && second !== undefined && rest.length === 0)
    return { protocol: "icmp", address: checked(second), key };
  if (second !== undefined) throw notUnderstood(words.join(" "));
  const url = URL.canParse(first) ? new URL(first) : undefined;
  const protocol = { "tcp:": "tcp", "udp:": "udp", "http:": "tcp", "https:": "tcp" }[url?.protocol ?? ""];
  if (!url || protocol === undefined) throw notUnderstood(first);
  const port = Number(url.port || { "http:": "80", "https:": "443" }[url.protocol] || 0);
  if (port === 0) throw new UsageError(`${JSON.stringify(first)} has no port`, `type ${url.protocol}//ADDRESS:PORT`);
  return { protocol: protocol as "tcp" | "udp", address: checked(url.hostname.replace(/^\[(.*)\]$/, "$1")), port, key };
}

function checked(address: string): string {
  if (isIP(address) !== 0) return address;
  const hint = "type an address: what a name means, a namespace may know otherwise";
  throw new UsageError(`${JSON.stringify(address)} is no IP address`, hint);
}

function notUnderstood(text: string): UsageError {
  const hint = "type http://ADDRESS, tcp://ADDRESS:PORT, udp://ADDRESS:PORT, or ping ADDRESS";
  return new UsageError(`${JSON.stringify(text)} is nothing to send to`, hint);
}

/** What fits its packets, there and back, and what routers say of them. */
export function matchesOf({ protocol, key, address, carriers = [] }: Flow): string[] {
  const isV6 = isIP(address) === 6;
  const icmp = isV6 ? "icmpv6" : "icmp";
  // Behind the header of ICMP stands that of the packet that it is about, and then its ports.
  const inner = 64 + (isV6 ? 320 : 160);
  const about = (offset: number) => `${icmp} type { destination-unreachable, time-exceeded } @th,${offset},16 ${key}`;
  // Behind the header of UDP stand those of VXLAN and Ethernet, then the packet that is carried.
  const carried = 64 + 64 + 112 + (isV6 ? 320 : 160);
  const carrier = (offset: number) => carriers.map((port) => `udp dport ${port} @th,${carried + offset},16 ${key}`);
  // So does the question for its address go, without which it is not sent.
  const bytes = address.split(".").map((each) => Number(each).toString(16).padStart(2, "0"));
  const question = isV6
    ? []
    : carriers.map((port) => `udp dport ${port} @th,224,16 0x0806 @th,432,32 0x${bytes.join("")}`);
  if (protocol === "icmp")
    return [
      `${icmp} type { echo-request, echo-reply } ${icmp} id ${key}`,
      about(inner + 32),
      ...carrier(32),
      ...question,
    ];
  return [
    `${protocol} sport ${key}`,
    `${protocol} dport ${key}`,
    about(inner),
    ...carrier(0),
    ...carrier(16),
    ...question,
  ];
}

/** What sends it. */
export function commandOf({ protocol, address, port, key }: Flow): string[] {
  if (protocol === "icmp") return ["ping", "-n", "-c", "1", "-W", patienceSeconds, "-e", String(key), address];
  const way = protocol === "tcp" ? ["-z", "-v"] : ["-u", "-W", "1"];
  return ["nc", "-n", ...way, "-w", patienceSeconds, "-p", String(key), address, String(port)];
}

export function textOf({ protocol, address, port }: Flow): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return protocol === "icmp" ? `ping ${address}` : `${protocol}://${host}:${port}`;
}
