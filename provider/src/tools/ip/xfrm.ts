import type { Host } from "../../host";
import { canonicalAddress } from "../../schema/fields";
import { wouldLoad } from "../modules";
import { ip } from "./ip";

/** The packets that a state or a policy of IPsec applies to. */
export interface Selector {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
}

/** The numbers of protocols, by the names that inputs use. */
export const protocolNumbers = {
  ...{ tcp: 6, udp: 17, sctp: 132, dccp: 33, udplite: 136, icmp: 1, icmpv6: 58, gre: 47, esp: 50, ah: 51, ospf: 89 },
} as const;
export type Protocol = keyof typeof protocolNumbers;

/** The protocols with ports. For others, ip prints other values in the place of the ports. */
export const withPorts: readonly string[] = ["tcp", "udp", "sctp", "dccp", "udplite"] satisfies Protocol[];

const hosts = new WeakSet<Host>();

/** The objects that ip lists, with keys; empty if the kernel would have to load the module for the answer. */
export async function listXfrm(host: Host, netns: string | undefined, sort: "state" | "policy"): Promise<string[]> {
  if (!hosts.has(host) && (await wouldLoad(host, "xfrm_user"))) return [];
  const text = await ip(host, netns, "-s", "xfrm", sort, "show");
  hosts.add(host);
  return parseXfrm(text);
}

/** Splits the output: an object begins in the first column, and its other lines are indented. */
export function parseXfrm(text: string): string[] {
  return text.split(/^(?=src )/m).filter((part) => part.startsWith("src "));
}

/** The lines of an object, without counters. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const counting = (index: number) =>
    [1, 2].some((back) => lines[index - back] === "lifetime current:") || lines[index - 1] === "stats:";
  return lines.filter((line, index) => line !== "" && !counting(index));
}

const titles = ["lifetime config:", "lifetime current:", "stats:"];

/** Has the line no information, such as the limits of an object that has none? */
export function isEmptyLine(line: string): boolean {
  return (
    titles.includes(line) ||
    /^limit: soft \(INF\)\(\w+\), hard \(INF\)\(\w+\)$/.test(line) ||
    /^expire (?:add|use): soft 0\(sec\), hard 0\(sec\)$/.test(line)
  );
}

/** The first word of an unknown line, for error texts. The rest of the line may be a key. */
export function firstWord(line: string): string {
  return /^[\w-]{1,40}/.exec(line)?.[0] ?? "something else";
}

/** A selector; a text: a property that no input can express. */
export function parseSelector(line: string): Selector | string {
  const words = line.trim().split(/\s+/);
  const pairs = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ""] as const] : []));
  const { src = "", dst = "", proto, sport, dport, uid = "0", ...others } = Object.fromEntries(pairs);
  const protocol = proto === undefined ? undefined : protocolOf(proto);
  const [other] = Object.entries({ ...others, ...(uid !== "0" && { uid }) });
  if (other) return other.join(" ");
  if (proto !== undefined && protocol === undefined) return `proto ${proto}`;
  return {
    ...{ source: canonicalNetwork(src), destination: canonicalNetwork(dst), protocol },
    ...{ sourcePort: numberOf(sport), destinationPort: numberOf(dport) },
  };
}

function protocolOf(printed: string): Protocol | undefined {
  const name = printed === "ipv6-icmp" ? "icmpv6" : printed;
  // If /etc/protocols is missing, ip prints the number.
  return (Object.keys(protocolNumbers) as Protocol[]).find((each) =>
    [each, String(protocolNumbers[each])].includes(name),
  );
}

function canonicalNetwork(text: string): string {
  const [address = "", length = ""] = text.split("/");
  return `${canonicalAddress(address)}/${length}`;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** The mark in the form of the inputs: without the mask if all bits count. */
export function parseMark(text: string): string {
  const [mark = 0, mask = 0] = text.split("/").map(Number);
  const hex = (value: number) => `0x${value.toString(16)}`;
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}

export function selectorWords(selector: Selector): string[] {
  const { source, destination, protocol, sourcePort, destinationPort } = selector;
  return [
    ...["src", source, "dst", destination],
    // The protocol as a number: ip reads names only if /etc/protocols exists.
    ...option("proto", protocol && protocolNumbers[protocol]),
    ...[...option("sport", sourcePort), ...option("dport", destinationPort)],
  ];
}

export function markWords(mark: string | undefined): string[] {
  if (mark === undefined) return [];
  const [value = "", mask] = mark.split("/");
  return ["mark", value, ...option("mask", mask)];
}

export function option(word: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [word, String(value)];
}
