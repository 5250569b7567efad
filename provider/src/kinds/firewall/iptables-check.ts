import { isIP } from "node:net";
import type { z } from "zod";
import { familyOf } from "../../schema/fields";
import { isBuiltIn, misplacement, missingChain, type Table } from "./iptables-chains";
import { type matchArgs, matches } from "./iptables-matches";
import { isIcmpType } from "./iptables-packet-matches";
import { rejections, type TargetArgs, type TargetOption } from "./iptables-target-args";
import { clampPlaces, needed, targetOptions, targetPlaces } from "./iptables-targets";
import type { Word } from "./iptables-words";

export type MatchArgs = z.output<z.ZodObject<typeof matchArgs>>;

interface CheckedArgs extends MatchArgs, TargetArgs {
  readonly family: "ipv4" | "ipv6";
  readonly table: Table;
  readonly chain: string;
}

type Failures = Iterable<readonly [property: string, rule: string]>;

/** Combinations of inputs that iptables or the kernel refuses, although each input alone is valid. */
export function* rulesOf(args: CheckedArgs): Failures {
  yield* placeRules(args);
  yield* familyRules(args);
  yield* protocolRules(args);
  yield* targetRules(args);
  if (args.addressType && !args.addressType.source && !args.addressType.destination)
    yield ["addressType", "needs source or destination"];
  if (args.statistic && "every" in args.statistic && args.statistic.packet >= args.statistic.every) {
    yield ["statistic.packet", "must be below every"];
  }
}

/** Rules about the place of a rule in the tables. */
function* placeRules(args: CheckedArgs): Failures {
  const { table, chain, target } = args;
  const missing = missingChain(table, chain);
  if (missing) yield ["chain", missing];
  if (target === chain) yield ["target", "must not be the chain that the rule is in"];
  else if (isBuiltIn(table, target)) yield ["target", "must not be a built-in chain"];
  const misplaced = misplacement(targetPlaces.get(target) ?? {}, table, chain);
  if (misplaced) yield ["target", `${target} ${misplaced}`];
  for (const [key, word] of Object.entries(matches) as [keyof MatchArgs, Word<unknown>][]) {
    const wrong = args[key] === undefined ? undefined : misplacement(word.places?.(args[key]) ?? {}, table, chain);
    if (wrong) yield [key, wrong];
  }
  const clamp = args.clampMssToPmtu && misplacement(clampPlaces, table, chain);
  if (clamp) yield ["clampMssToPmtu", clamp];
}

/** Types of addresses that the kernel does not distinguish in IPv6. */
const onlyIpv4Types = ["BROADCAST", "BLACKHOLE", "PROHIBIT"];

function* familyRules(args: CheckedArgs): Failures {
  const { family, source, destination, toSource, toDestination, onIp, gateway, ipRange, addressType } = args;
  const version = family === "ipv6" ? 6 : 4;
  const ranges = { "ipRange.source": ipRange?.source, "ipRange.destination": ipRange?.destination };
  for (const [key, value] of Object.entries({ source, destination, onIp, gateway, ...ranges })) {
    if (value && familyOf(value) !== version) yield [key, `must be an address of family ${family}`];
  }
  for (const [key, value] of Object.entries({ toSource, toDestination })) {
    if (value && !isNatTarget(value, family)) yield [key, `must be an address of family ${family}, or a range`];
  }
  for (const [key, value] of Object.entries(addressType ?? {})) {
    if (family === "ipv6" && onlyIpv4Types.some((type) => value?.endsWith(type)))
      yield [`addressType.${key}`, `must not be one of ${onlyIpv4Types.join(", ")} for IPv6`];
  }
  if (args.rejectWith && ![...rejections[family], "tcp-reset"].includes(args.rejectWith))
    yield ["rejectWith", `must be one of family ${family}: ${rejections[family].join(", ")}, or tcp-reset`];
  if (args.icmpType !== undefined && !isIcmpType(args.icmpType, family))
    yield ["icmpType", `must be a type of ICMP that family ${family} has, or its number`];
  if (gateway && /^[0.:]+$/.test(gateway)) yield ["gateway", "must be the address of a neighbour"];
}

const withPorts = ["tcp", "udp", "sctp"];

function* protocolRules(args: CheckedArgs): Failures {
  const { family, protocol = "", toSource = "", toDestination = "", target, tcpFlags } = args;
  for (const key of ["sourcePorts", "destinationPorts", "toPorts"] as const) {
    if (args[key] !== undefined && !withPorts.includes(protocol)) yield [key, "needs protocol tcp, udp or sctp"];
  }
  for (const [key, value] of Object.entries({ toSource, toDestination })) {
    if (hasPort(value) && ![...withPorts, "dccp"].includes(protocol))
      yield [key, "needs protocol tcp, udp, sctp or dccp for a port"];
  }
  if (tcpFlags !== undefined && protocol !== "tcp") yield ["tcpFlags", "needs protocol tcp"];
  const icmp = family === "ipv6" ? "icmpv6" : "icmp";
  if (args.icmpType !== undefined && protocol !== icmp) yield ["icmpType", `needs protocol ${icmp}`];
  if (args.rejectWith === "tcp-reset" && protocol !== "tcp") yield ["rejectWith", "tcp-reset needs protocol tcp"];
  if (target === "TPROXY" && protocol !== "tcp" && protocol !== "udp")
    yield ["target", "TPROXY needs protocol tcp or udp"];
  const withSyn = protocol === "tcp" && /^(syn$|\S+ (ALL$|(\w+,)*SYN))/.test(tcpFlags ?? "");
  if (target === "TCPMSS" && !withSyn) yield ["target", "TCPMSS needs protocol tcp and tcpFlags with SYN"];
}

function* targetRules(args: CheckedArgs): Failures {
  const { target } = args;
  for (const key of Object.keys(targetOptions) as TargetOption[]) {
    const { targets } = targetOptions[key];
    if (args[key] !== undefined && !targets.includes(target)) yield [key, `is only for target ${targets.join(", ")}`];
  }
  const least = needed.get(target) ?? [];
  const [first = ""] = least;
  const given = least.filter((key) => args[key] !== undefined);
  if (least.length > 0 && given.length === 0)
    yield [first, `is required for target ${target}${least.length > 1 ? `, or ${least.slice(1).join(" or ")}` : ""}`];
  if (given.length > 1 && target !== "CT" && target !== "SET")
    yield [given[1] ?? first, `is not possible together with ${first}`];
  if (args.nfmask !== undefined && !args.saveMark && !args.restoreMark)
    yield ["nfmask", "needs saveMark or restoreMark"];
}

function hasPort(text: string): boolean {
  return /^(\[.*\]|[^:]*):\d+(-\d+)?$/.test(text);
}

/**
 * Optional ADDRESS or ADDRESS-ADDRESS, then an optional port or range of ports. With a port, an IPv6 address is in brackets.
 */
function isNatTarget(text: string, family: "ipv4" | "ipv6"): boolean {
  const version = family === "ipv6" ? 6 : 4;
  const [, bracketed, bare] = /^(?:\[([^\]]+)\]|(.*?))(?::\d{1,5}(?:-\d{1,5})?)?$/.exec(text) ?? [];
  const hosts = isIP(text) === version ? text : (bracketed ?? bare ?? "");
  return hosts === "" || hosts.split("-").every((host) => isIP(host) === version);
}
