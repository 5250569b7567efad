import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import type { Marks } from "../../tools/nft-trace";
import { UsageError } from "../outcome";

/** What is sent, and how its packets are recognised. */
export interface Flow {
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly address: string;
  readonly port?: number;
  /** UDP ports of the VXLANs that may carry it. */
  readonly carriers?: readonly number[];
  /** The source port, or ping's identifier: one that the kernel gives to no other program by itself. */
  readonly key: number;
  /**
   * Written into the IPv4 identification or the IPv6 flow label of what is sent. No router changes it, so a packet is
   * recognised after its port was rewritten.
   */
  readonly stamp: number;
}

/** Above Linux's ephemeral ports. */
const [firstKey, endKey] = [61_000, 65_500];
const endStamp = 0x1_00_00;
/** The payload of datagrams and pings. */
export const payload = "localnet";

/** Seconds to wait for an answer. */
const patienceSeconds = "2";

export function flowTo(words: readonly string[]): Flow {
  const [first = "", second, ...rest] = words;
  const marks = { key: randomInt(firstKey, endKey), stamp: randomInt(1, endStamp) };
  if (first === "ping" && second !== undefined && rest.length === 0)
    return { protocol: "icmp", address: checked(second), ...marks };
  if (second !== undefined) throw notUnderstood(words.join(" "));
  const url = URL.canParse(first) ? new URL(first) : undefined;
  const protocol = { "tcp:": "tcp", "udp:": "udp", "http:": "tcp", "https:": "tcp" }[url?.protocol ?? ""];
  if (!url || protocol === undefined) throw notUnderstood(first);
  const port = Number(url.port || { "http:": "80", "https:": "443" }[url.protocol] || 0);
  if (port === 0) throw new UsageError(`${JSON.stringify(first)} has no port`, `type ${url.protocol}//ADDRESS:PORT`);
  return {
    protocol: protocol as "tcp" | "udp",
    address: checked(url.hostname.replace(/^\[(.*)\]$/, "$1")),
    port,
    ...marks,
  };
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

/** Expressions of nft that match its packets, the answers, and the routers' errors about them. */
export function marksOf({ protocol, key, stamp, address, carriers = [] }: Flow): Marks {
  const isV6 = isIP(address) === 6;
  const [stampOf, idOf] = isV6 ? ["ip6 flowlabel", "icmpv6"] : ["ip id", "icmp"];
  const field = protocol === "icmp" ? `${idOf} id` : `${protocol} sport`;
  const begins = {
    tcp: "tcp flags & (syn | ack) == syn",
    udp: `meta l4proto udp @th,64,64 0x${hex(payload)}`,
    icmp: `${idOf} type echo-request @th,192,64 0x${hex(payload)}`,
  }[protocol];
  // Matches the stamp of a packet that begins at this bit after the header of another one.
  const stampAt = (bit: number) => (isV6 ? `@th,${bit + 12},20 ${stamp}` : `@th,${bit + 32},16 ${stamp}`);
  // The UDP header is followed by those of VXLAN and Ethernet, then by the carried packet.
  const carried = 64 + 64 + 112;
  const ports = carried + (isV6 ? 320 : 160);
  const answer = protocol === "icmp" ? ports + 32 : ports + 16;
  const bytes = address.split(".").map((each) => Number(each).toString(16).padStart(2, "0"));
  const carrier = [
    stampAt(carried),
    `@th,${answer},16 ${key}`,
    // Also the neighbour request for its address, without which it is not sent.
    ...(isV6 ? [] : [`@th,224,16 0x0806 @th,432,32 0x${bytes.join("")}`]),
  ];
  return {
    writes: `${field} ${key} ${stampOf} set ${stamp}`,
    stamped: `${stampOf} ${stamp} ${begins}`,
    field,
    keys: protocol === "icmp" ? [field] : [field, `${protocol} dport`],
    matches: [
      // The ICMP header is followed by that of the packet that it is about.
      `${idOf} type { destination-unreachable, time-exceeded } ${stampAt(64)}`,
      ...carriers.flatMap((port) => carrier.map((each) => `udp dport ${port} ${each}`)),
    ],
  };
}

const hex = (text: string) => Buffer.from(text).toString("hex");

/** The command that sends it. */
export function commandOf({ protocol, address, port, key }: Flow): string[] {
  if (protocol === "icmp")
    return ["ping", "-n", "-c", "1", "-W", patienceSeconds, "-e", String(key), "-p", hex(payload), address];
  const way = protocol === "tcp" ? ["-z", "-v"] : ["-u", "-W", "1"];
  return ["nc", "-n", ...way, "-w", patienceSeconds, "-p", String(key), address, String(port)];
}

export function textOf({ protocol, address, port }: Flow): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return protocol === "icmp" ? `ping ${address}` : `${protocol}://${host}:${port}`;
}
