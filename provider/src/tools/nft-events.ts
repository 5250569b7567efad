import { traceTable } from "./nft-trace";

// Parses the output of "nft -a monitor trace".

/** The fields of a packet that could be read. */
export interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "other";
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** ICMP only: its type, by nft's name. */
  readonly icmpType?: string;
  readonly icmpId?: number;
  readonly isSyn?: boolean;
  readonly isAck?: boolean;
  readonly isReset?: boolean;
  /** The identification field of IPv4, or the flow label of IPv6. */
  readonly stamp?: number;
  readonly ttl?: number;
  readonly etherDestination?: string;
}

export type Event = Happening & {
  /** The number of the packet. It is the same at all hooks that the packet passes unchanged. */
  readonly id: string;
};

type Happening =
  | { readonly what: "start" | "in" | "out"; readonly link: string; readonly packet: Packet }
  | { readonly what: "hook"; readonly chain: ChainName; readonly packet: Packet }
  | {
      readonly what: "rule";
      readonly chain: ChainName;
      readonly handle?: number;
      readonly text: string;
      readonly verdict: string;
    }
  | { readonly what: "policy"; readonly chain: ChainName; readonly verdict: string };

export interface ChainName {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

const line = /^trace id ([0-9a-f]+) (\S+) (\S+) (\S+) (packet:|rule|policy|unknown rule) ?(.*)$/;

/** The events of one namespace, in their order. A packet that is not shown is as it was at the hook before. */
export function parseEvents(text: string): Event[] {
  let packet: Packet | undefined;
  return text.split("\n").flatMap((each) => {
    const [, id = "", family = "", table = "", chain = "", what, rest = ""] = line.exec(each) ?? [];
    if (what === undefined) return [];
    if (what === "packet:") packet = packetOf(rest) ?? packet;
    const happened = happening({ family, table, chain }, what, rest, packet);
    return happened ? [{ ...happened, id }] : [];
  });
}

function happening(chain: ChainName, what: string, rest: string, packet: Packet | undefined): Happening | undefined {
  if (what === "packet:") return packet && packetEvent(chain, rest, packet);
  if (chain.table === traceTable) return undefined;
  if (what === "policy") return { what, chain, verdict: rest.trim() };
  const [, words = "", handle, verdict = ""] = /^(.*?) ?(?:(?:# )?handle (\d+) )?\(verdict (.+)\)\s*$/.exec(rest) ?? [];
  return {
    ...{ what: "rule", chain, text: words.trim(), verdict },
    ...(handle !== undefined && { handle: Number(handle) }),
  };
}

function packetEvent(chain: ChainName, text: string, packet: Packet): Happening | undefined {
  if (chain.table !== traceTable) return { what: "hook", chain, packet };
  if (chain.chain === "learn" || chain.chain === "last") return undefined;
  const what = chain.family === "inet" ? "start" : chain.chain.startsWith("in") ? "in" : "out";
  const link = (what === "in" ? /iif "([^"]+)"/ : /oif "([^"]+)"/).exec(text)?.[1];
  return link === undefined ? undefined : { what, link, packet };
}

/** For packets that come in or go out, nft may print only their bytes. */
function packetOf(text: string): Packet | undefined {
  const raw = /@nh,0,\d+ 0x([0-9a-f]+) (?:@th,0,(\d+) 0x([0-9a-f]+))?/.exec(text);
  return raw ? packetOfBytes(raw[1] ?? "", raw[2], raw[3]) : packetOfWords(text);
}

const names: Readonly<Record<number, Packet["protocol"]>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp" };
const icmpTypes: Readonly<Record<string, string>> = {
  ...{ "4 0": "echo-reply", "4 3": "destination-unreachable", "4 8": "echo-request", "4 11": "time-exceeded" },
  ...{ "6 1": "destination-unreachable", "6 3": "time-exceeded", "6 128": "echo-request", "6 129": "echo-reply" },
};

function packetOfBytes(network: string, bits = "0", transport = ""): Packet | undefined {
  const isV6 = network.startsWith("6") && network.length > 40;
  const nh = Buffer.from(network.padStart(isV6 ? 80 : 40, "0"), "hex");
  const th = Buffer.from(transport.padStart(Number(bits) / 4, "0"), "hex");
  const protocol = names[nh[isV6 ? 6 : 9] ?? 0] ?? "other";
  const [from, to] = isV6 ? [nh.subarray(8, 24), nh.subarray(24, 40)] : [nh.subarray(12, 16), nh.subarray(16, 20)];
  const stamp = isV6 ? nh.readUIntBE(1, 3) & 0xf_ff_ff : nh.readUInt16BE(4);
  const common = { source: address(from), destination: address(to), protocol, stamp, ttl: nh[isV6 ? 7 : 8] ?? 0 };
  if (th.length < 8) return common;
  if (protocol === "icmp") {
    const type = icmpTypes[`${isV6 ? 6 : 4} ${th[0]}`] ?? String(th[0]);
    return { ...common, icmpType: type, icmpId: th.readUInt16BE(4) };
  }
  const ports = { sourcePort: th.readUInt16BE(0), destinationPort: th.readUInt16BE(2) };
  return protocol === "tcp" && th.length > 13
    ? { ...common, ...ports, ...flagsOf(th[13] ?? 0) }
    : { ...common, ...ports };
}

function address(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${words.join(":")}]/`).hostname.slice(1, -1);
}

const flagBits: Readonly<Record<string, number>> = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 };

function flagsOf(bits: number) {
  return { isSyn: (bits & 2) !== 0, isReset: (bits & 4) !== 0, isAck: (bits & 16) !== 0 };
}

function packetOfWords(text: string): Packet | undefined {
  const after = (words: string) => new RegExp(`(?:^| )${words} (\\S+)`).exec(text)?.[1];
  const [source, destination] = [after("ip6? saddr"), after("ip6? daddr")];
  if (source === undefined || destination === undefined) return undefined;
  const protocol = (["tcp", "udp"] as const).find((each) => after(`${each} dport`) !== undefined);
  const [icmpType, icmpId] = [after("icmp(?:v6)? type"), after("icmp(?:v6)? id")];
  const [ttl, ether, flags] = [after("ip ttl") ?? after("ip6 hoplimit"), after("ether daddr"), after("tcp flags ==")];
  const stamp = after("ip id") ?? after("ip6 flowlabel");
  const bits = flags?.startsWith("0x")
    ? Number(flags)
    : flags?.split(/[,|]/).reduce((sum, each) => sum | (flagBits[each.trim()] ?? 0), 0);
  return {
    ...{ source, destination, protocol: protocol ?? (icmpType === undefined ? "other" : "icmp") },
    ...(protocol && {
      sourcePort: Number(after(`${protocol} sport`)),
      destinationPort: Number(after(`${protocol} dport`)),
    }),
    ...(icmpType !== undefined && { icmpType: icmpTypes[`4 ${icmpType}`] ?? icmpType, icmpId: Number(icmpId) }),
    ...(protocol === "tcp" && bits !== undefined && flagsOf(bits)),
    ...(stamp !== undefined && { stamp: Number(stamp) }),
    ...(ttl !== undefined && { ttl: Number(ttl) }),
    ...(ether !== undefined && { etherDestination: ether }),
  };
}
