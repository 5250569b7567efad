import type { ChainName, Event, Packet } from "../../tools/nft-events";
import { byDirection, carriersOf, type Direction, ends, keysOf } from "./direction";
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
