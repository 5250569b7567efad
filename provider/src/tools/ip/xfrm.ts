import type { Host } from "../../host";
import { canonicalAddress } from "../../schema/fields";
import { wouldLoad } from "../modules";
import { ip } from "./ip";

/** Which packets a state or a policy of IPsec is for. */
export interface Selector {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
}

/** Protocols by the names that inputs have, with their numbers. */
export const protocolNumbers = {
  ...{ tcp: 6, udp: 17, sctp: 132, dccp: 33, udplite: 136, icmp: 1, icmpv6: 58, gre: 47, esp: 50, ah: 51, ospf: 89 },
} as const;
export type Protocol = keyof typeof protocolNumbers;

/** Those with ports; of others, ip prints what stands in place of these otherwise. */
export const withPorts: readonly string[] = ["tcp", "udp", "sctp", "dccp", "udplite"] satisfies Protocol[];

const hosts = new WeakSet<Host>();

/** What ip lists of one sort, keys included; nothing where the kernel would only load the module for that. */
export async function listXfrm(host: Host, netns: string | undefined, sort: "state" | "policy"): Promise<string[]> {
  if (!hosts.has(host) && (await wouldLoad(host, "xfrm_user"))) return [];
  const text = await ip(host, netns, "-s", "xfrm", sort, "show");
  hosts.add(host);
  return parseXfrm(text);
}

/** Each begins at the margin, and goes on in lines that do not. */
export function parseXfrm(text: string): string[] {
  return text.split(/^(?=src )/m).filter((part) => part.startsWith("src "));
}

/** The lines of one, without what counts: that is no part of what it is. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const counting = (index: number) =>
    [1, 2].some((back) => lines[index - back] === "lifetime current:") || lines[index - 1] === "stats:";
  return lines.filter((line, index) => line !== "" && !counting(index));
}

const titles = ["lifetime config:", "lifetime current:", "stats:"];

/** Does a line say nothing, as of one without limits? */
export function isEmptyLine(line: string): boolean {
  return (
    titles.includes(line) ||
    /^limit: soft \(INF\)\(\w+\), hard \(INF\)\(\w+\)$/.test(line) ||
    /^expire (?:add|use): soft 0\(sec\), hard 0\(sec\)$/.test(line)
  );
}

/** What a line that nobody reads here is of; the rest of it may be a key. */
export function firstWord(line: string): string {
  return /^[\w-]{1,40}/.exec(line)?.[0] ?? "something else";
}

/** A selector; or what of it no inputs say. */
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
  // Without /etc/protocols ip prints the number.
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

/** As inputs have it: without the mask where that is all of it. */
export function parseMark(text: string): string {
  const [mark = 0, mask = 0] = text.split("/").map(Number);
  const hex = (value: number) => `0x${value.toString(16)}`;
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}

export function selectorWords(selector: Selector): string[] {
  const { source, destination, protocol, sourcePort, destinationPort } = selector;
  return [
    ...["src", source, "dst", destination],
    // By its number: by name only where there is /etc/protocols.
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
