import type { Event, Packet } from "../../tools/nft-events";
import type { Flow } from "./flow";
import type { NamespaceTrace } from "./way";

export type Direction = "there" | "back" | "complaint";

/** Its source ports: its own, and those that masquerading gave it. */
export function keysOf(heard: readonly NamespaceTrace[], { protocol, key, stamp }: Flow): ReadonlySet<number> {
  const packets = heard.flatMap(({ events }) => events.flatMap((event) => ("packet" in event ? event.packet : [])));
  const stamped = packets.filter((packet) => packet.protocol === protocol && packet.stamp === stamp);
  return new Set([key, ...stamped.flatMap(({ sourcePort = [] }) => sourcePort)]);
}

export function byDirection(
  events: readonly Event[],
  flow: Flow,
  keys: ReadonlySet<number>,
): Record<Direction, Event[]> {
  const result: Record<Direction, Event[]> = { there: [], back: [], complaint: [] };
  const last = new Map<string, Direction | undefined>();
  const known = new Set<string>();
  const repeated = new Set<string>();
  for (const event of events) {
    if ("packet" in event) last.set(event.id, directionOf(event.packet, flow, keys, last.get(event.id)));
    const direction = last.get(event.id);
    const { id: _, ...same } = event;
    const key = JSON.stringify([direction, "packet" in same ? { ...same, packet: ends(same.packet) } : same]);
    const isKnown = known.has(key);
    // Ignore retransmissions: conntrack may treat them as part of a connection that was accepted or answered before.
    if (event.what === "in" || event.what === "start") repeated[isKnown ? "add" : "delete"](event.id);
    if (direction === undefined || isKnown || repeated.has(event.id)) continue;
    known.add(key);
    result[direction].push(event);
  }
  return result;
}

function isCarrier({ protocol, sourcePort, destinationPort = 0 }: Packet, { key, carriers = [] }: Flow): boolean {
  return protocol === "udp" && sourcePort !== key && carriers.includes(destinationPort);
}

/** The events of VXLAN packets that carry others, grouped by their ends; in each namespace those of the first one. */
export function carriersOf(heard: readonly NamespaceTrace[], flow: Flow): NamespaceTrace[][] {
  const entry = new Map<string, NamespaceTrace[]>();
  for (const { events, ...place } of heard) {
    const known = new Set<string>();
    for (const event of events) {
      if (!("packet" in event) || !isCarrier(event.packet, flow)) continue;
      const key = ends(event.packet);
      if (known.has(key)) continue;
      known.add(key);
      const single = { ...place, events: events.filter(({ id }) => id === event.id) };
      entry.set(key, [...(entry.get(key) ?? []), single]);
    }
  }
  return [...entry.values()];
}

/** The direction of a packet; of TCP only the packets that begin a connection. A rewritten packet keeps its direction. */
function directionOf(
  packet: Packet,
  flow: Flow,
  keys: ReadonlySet<number>,
  before: Direction | undefined,
): Direction | undefined {
  const { protocol } = flow;
  if (isCarrier(packet, flow)) return undefined;
  const { icmpType = "", isSyn, isAck, isReset } = packet;
  if (["destination-unreachable", "time-exceeded"].includes(icmpType)) return "complaint";
  if (protocol === "icmp") return icmpType === "echo-request" ? "there" : icmpType === "echo-reply" ? "back" : before;
  if (packet.protocol !== protocol) return before;
  const begins = protocol === "udp" || isSyn === undefined;
  if (keys.has(packet.sourcePort ?? 0)) return begins || (isSyn && !isAck) ? "there" : undefined;
  if (keys.has(packet.destinationPort ?? 0)) return begins || isReset || (isSyn && isAck) ? "back" : undefined;
  return before;
}

export function ends({ source, sourcePort, destination, destinationPort }: Packet): string {
  return `${source} ${sourcePort ?? ""} ${destination} ${destinationPort ?? ""}`;
}
