import type { ChainName, Event, Packet } from "../../tools/nft-events";
import type { Flow } from "./flow";

// The path of a packet, put together from the events of each namespace.

export type Step =
  | { readonly what: "start" | "in" | "out"; readonly link: string; readonly packet: Packet }
  | {
      readonly what: "rule";
      readonly chain: ChainName;
      readonly handle?: number;
      readonly text: string;
      readonly verdict: string;
    }
  | { readonly what: "policy"; readonly chain: ChainName; readonly verdict: string }
  | { readonly what: "rewrite"; readonly from: Packet; readonly to: Packet };

/** A namespace of a host: `ssh://...`, or undefined, this machine. */
export interface Place {
  readonly host?: string | undefined;
  readonly netns: string | undefined;
}

/** The events of a namespace. */
export interface NamespaceTrace extends Place {
  readonly events: readonly Event[];
}

/** The steps of a packet in a namespace, from its start or arrival to its departure or end. */
export interface Visit extends Place {
  readonly steps: readonly Step[];
}

export interface End extends Place {
  readonly link: string;
}

export interface Ways {
  readonly there: readonly Visit[];
  readonly back: readonly Visit[];
  /** Errors that routers sent back. */
  readonly complaints: readonly Packet[];
  /** The path of the VXLAN packet that carried it away from a host, preferably to one of these addresses. */
  readonly carriedFrom: (host: string | undefined, toward?: ReadonlySet<string>) => readonly Visit[];
}

type Direction = "there" | "back" | "complaint";

/** Sorts events into the paths of the packet and of its answer. `peerOf`: the other end of a link. */
export function waysOf(
  heard: readonly NamespaceTrace[],
  flow: Flow,
  from: Place,
  peerOf: (end: End) => End | undefined,
): Ways {
  const keys = keysOf(heard, flow);
  const sorted = heard.map(({ events, ...place }) => ({ place, ...byDirection(events, flow, keys) }));
  const visits = (direction: Direction) =>
    sorted.flatMap(({ place, [direction]: each }) => visitsOf(each).map((steps): Visit => ({ ...place, steps })));
  const there = join(visits("there"), from, peerOf);
  const back = join(visits("back"), there.at(-1) ?? from, peerOf);
  const complaints = sorted.flatMap(({ complaint }) =>
    complaint.flatMap((each) => (each.what === "start" ? each.packet : [])),
  );
  const carriers = carriersOf(heard, flow).map((each) =>
    each.flatMap(({ events, ...place }) => visitsOf(events).map((steps): Visit => ({ ...place, steps }))),
  );
  const carriedFrom: Ways["carriedFrom"] = (host, toward) => {
    const begun = carriers.flatMap((each) => {
      const visit = each.find(({ steps, ...place }) => place.host === host && steps[0]?.what === "start");
      const [start] = visit?.steps ?? [];
      return visit && start && "packet" in start ? [{ each, visit, to: start.packet.destination }] : [];
    });
    const chosen = begun.find(({ to }) => toward?.has(to)) ?? begun[0];
    return chosen ? join(chosen.each, chosen.visit, peerOf) : [];
  };
  return { there, back, complaints, carriedFrom };
}

/** The links that a packet went out by. */
export function exitsOf(heard: readonly NamespaceTrace[]): End[] {
  const all = heard.flatMap(({ events, ...place }) =>
    events.flatMap((event) => (event.what === "out" ? { ...place, link: event.link } : [])),
  );
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}

/** Its source ports: its own, and those that masquerading gave it. */
function keysOf(heard: readonly NamespaceTrace[], { protocol, key, stamp }: Flow): ReadonlySet<number> {
  const packets = heard.flatMap(({ events }) => events.flatMap((event) => ("packet" in event ? event.packet : [])));
  const stamped = packets.filter((packet) => packet.protocol === protocol && packet.stamp === stamp);
  return new Set([key, ...stamped.flatMap(({ sourcePort = [] }) => sourcePort)]);
}

function byDirection(events: readonly Event[], flow: Flow, keys: ReadonlySet<number>): Record<Direction, Event[]> {
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
function carriersOf(heard: readonly NamespaceTrace[], flow: Flow): NamespaceTrace[][] {
  const entry = new Map<string, NamespaceTrace[]>();
  for (const { events, ...place } of heard) {
    const known = new Set<string>();
    for (const event of events) {
      if (!("packet" in event) || !isCarrier(event.packet, flow)) continue;
      const key = ends(event.packet);
      if (known.has(key)) continue;
      known.add(key);
      const own = { ...place, events: events.filter(({ id }) => id === event.id) };
      entry.set(key, [...(entry.get(key) ?? []), own]);
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

function visitsOf(events: readonly Event[]): Step[][] {
  const visits: Step[][] = [];
  let steps: Step[] = [];
  let packet: Packet | undefined;
  for (const event of events) {
    const isOver = steps.at(-1)?.what === "out" && (event.what === "in" || event.what === "start");
    if (isOver || steps.length === 0) {
      steps = [];
      packet = undefined;
      visits.push(steps);
    }
    if ("packet" in event) {
      if (packet && ends(packet) !== ends(event.packet))
        steps.push({ what: "rewrite", from: packet, to: event.packet });
      packet = event.packet;
    }
    const { id: _, ...step } = event;
    const isDecision =
      step.what === "rule" ? step.verdict !== "continue" : step.what !== "policy" || step.verdict === "drop";
    if (step.what !== "hook" && isDecision) steps.push(step);
  }
  return visits;
}

function ends({ source, sourcePort, destination, destinationPort }: Packet): string {
  return `${source} ${sourcePort ?? ""} ${destination} ${destinationPort ?? ""}`;
}

export function isSamePlace(a: Place, b: Place): boolean {
  return a.host === b.host && a.netns === b.netns;
}

function join(visits: readonly Visit[], from: Place, peerOf: (end: End) => End | undefined): Visit[] {
  const left = [...visits];
  const take = (visit: Visit | undefined) => {
    if (visit) left.splice(left.indexOf(visit), 1);
    return visit;
  };
  const starts = left.filter(({ steps }) => steps[0]?.what === "start");
  const way: Visit[] = [];
  for (
    let visit = take(starts.find((each) => isSamePlace(each, from)) ?? starts[0]);
    visit;
    visit = take(next(left, visit, peerOf))
  )
    way.push(visit);
  return way;
}

function next(
  left: readonly Visit[],
  { host, netns, steps }: Visit,
  peerOf: (end: End) => End | undefined,
): Visit | undefined {
  const last = steps.findLast(({ what }) => what !== "rewrite");
  if (last?.what !== "out") return undefined;
  const peer = peerOf({ host, netns, link: last.link });
  const entries = left.flatMap((visit) => {
    const first = visit.steps[0];
    return first?.what === "in" && ends(first.packet) === ends(last.packet) ? [{ visit, first }] : [];
  });
  if (peer) return entries.find(({ visit, first }) => isSamePlace(visit, peer) && first.link === peer.link)?.visit;
  // If it was sent to several, choose the one that forwarded it.
  const same = entries.filter(({ first }) => first.packet.ttl === last.packet.ttl);
  return same.toSorted((a, b) => b.visit.steps.length - a.visit.steps.length)[0]?.visit;
}
