import type { ChainName, Event, Packet } from "../../tools/nft-events";
import type { Flow } from "./flow";

// How a packet went, from what each namespace tells of it.

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

/** What a packet did in a namespace, from coming in, or its start, to its going out or its end. */
export interface Visit {
  readonly netns: string | undefined;
  readonly steps: readonly Step[];
}

export interface End {
  readonly netns: string | undefined;
  readonly link: string;
}

export interface Ways {
  readonly there: readonly Visit[];
  readonly back: readonly Visit[];
  /** What routers said. */
  readonly complaints: readonly Packet[];
}

type Direction = "there" | "back" | "complaint";

/** `peerOf` tells where what goes out by a link comes in. */
export function waysOf(
  events: ReadonlyMap<string | undefined, readonly Event[]>,
  flow: Flow,
  from: string | undefined,
  peerOf: (end: End) => End | undefined,
): Ways {
  const sorted = [...events].map(([netns, each]) => ({ netns, ...byDirection(each, flow) }));
  const visits = (direction: Direction) =>
    sorted.flatMap(({ netns, [direction]: each }) => visitsOf(each).map((steps) => ({ netns, steps })));
  const there = join(visits("there"), from, peerOf);
  const back = join(visits("back"), there.at(-1)?.netns, peerOf);
  const complaints = sorted.flatMap(({ complaint }) =>
    complaint.flatMap((each) => (each.what === "start" ? each.packet : [])),
  );
  return { there, back, complaints };
}

/** The links that a packet went out by. */
export function exitsOf(events: ReadonlyMap<string | undefined, readonly Event[]>): End[] {
  const all = [...events].flatMap(([netns, each]) =>
    each.flatMap((event) => (event.what === "out" ? { netns, link: event.link } : [])),
  );
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}

function byDirection(events: readonly Event[], flow: Flow): Record<Direction, Event[]> {
  const result: Record<Direction, Event[]> = { there: [], back: [], complaint: [] };
  const last = new Map<string, Direction | undefined>();
  const known = new Set<string>();
  const repeated = new Set<string>();
  for (const event of events) {
    if ("packet" in event) last.set(event.id, directionOf(event.packet, flow, last.get(event.id)));
    const direction = last.get(event.id);
    const { id: _, ...same } = event;
    const key = JSON.stringify([direction, "packet" in same ? { ...same, packet: ends(same.packet) } : same]);
    const isKnown = known.has(key);
    // What is sent again tells nothing: a rule may know it as one that was let through, or answered, before.
    if (event.what === "in" || event.what === "start") repeated[isKnown ? "add" : "delete"](event.id);
    if (direction === undefined || isKnown || repeated.has(event.id)) continue;
    known.add(key);
    result[direction].push(event);
  }
  return result;
}

/** Of a connection, the packets that begin it. One that was rewritten is what it was before. */
function directionOf(packet: Packet, { protocol, key }: Flow, before: Direction | undefined): Direction | undefined {
  const { icmpType = "", isSyn, isAck, isReset } = packet;
  if (["destination-unreachable", "time-exceeded"].includes(icmpType)) return "complaint";
  if (protocol === "icmp") return icmpType === "echo-request" ? "there" : icmpType === "echo-reply" ? "back" : before;
  if (packet.protocol !== protocol) return before;
  const begins = protocol === "udp" || isSyn === undefined;
  if (packet.sourcePort === key) return begins || (isSyn && !isAck) ? "there" : undefined;
  if (packet.destinationPort === key) return begins || isReset || (isSyn && isAck) ? "back" : undefined;
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

export function ends({ source, sourcePort, destination, destinationPort }: Packet): string {
  return `${source} ${sourcePort ?? ""} ${destination} ${destinationPort ?? ""}`;
}

function join(visits: readonly Visit[], from: string | undefined, peerOf: (end: End) => End | undefined): Visit[] {
  const left = [...visits];
  const take = (visit: Visit | undefined) => {
    if (visit) left.splice(left.indexOf(visit), 1);
    return visit;
  };
  const starts = left.filter(({ steps }) => steps[0]?.what === "start");
  const way: Visit[] = [];
  for (
    let visit = take(starts.find(({ netns }) => netns === from) ?? starts[0]);
    visit;
    visit = take(next(left, visit, peerOf))
  )
    way.push(visit);
  return way;
}

function next(
  left: readonly Visit[],
  { netns, steps }: Visit,
  peerOf: (end: End) => End | undefined,
): Visit | undefined {
  const last = steps.findLast(({ what }) => what !== "rewrite");
  if (last?.what !== "out") return undefined;
  const peer = peerOf({ netns, link: last.link });
  const entries = left.flatMap((visit) => {
    const first = visit.steps[0];
    return first?.what === "in" && ends(first.packet) === ends(last.packet) ? [{ visit, first }] : [];
  });
  const found = peer
    ? entries.find(({ visit, first }) => visit.netns === peer.netns && first.link === peer.link)
    : entries.find(({ first }) => first.packet.ttl === last.packet.ttl);
  return found?.visit;
}
