import { isIPv6 } from "node:net";
import { LocalnetError } from "../../errors";
import { enter } from "../../host/netns";
import { requireTools } from "../../host/requirements";
import { parseEvents } from "../../tools/nft-events";
import { type Marks, watchPackets } from "../../tools/nft-trace";
import { type Cause, causeOf } from "./cause";
import type { Lab } from "./decisions";
import { describeWay, type TraceStep } from "./describe";
import { commandOf, type Flow, marksOf, payload, textOf } from "./flow";
import { countedSince, type Legacy, legacyRules } from "./legacy";
import { type Places, peersOf, placesFor } from "./namespaces";
import { exitsOf, type NamespaceTrace, type Place, waysOf } from "./way";

export interface Traced {
  readonly sent: string;
  readonly from?: string | undefined;
  readonly there: readonly TraceStep[];
  readonly back: readonly TraceStep[];
  readonly cause: Cause;
  /** Number of namespaces that were not watched. */
  readonly unwatched: number;
  /** Namespaces with rules of iptables-legacy, which cannot be traced, and those that counted packets during the trace. */
  readonly legacy?: readonly Legacy[];
  /** Hosts that were not watched, and why. */
  readonly unwatchedHosts?: readonly { readonly host: string | undefined; readonly reason: string }[];
}

/** Sends a packet and finds out what happened to it, also on other hosts that VXLAN may carry it to. */
export async function traceFlow(
  lab: Lab,
  requestedFlow: Flow,
  from: string | undefined,
  others: readonly Lab[] = [],
): Promise<Traced> {
  const labs = [lab, ...others];
  const labOf = ({ host }: Place) => labs.find(({ url }) => url === host) ?? lab;
  const flow = { ...requestedFlow, carriers: carriersOf(labs) };
  const addresses = labs.flatMap((each) => destinations(each, flow));
  const watches: Watch[] = [{ lab, ...(await placesFor(lab.host, [from], addresses)) }];
  const unwatchedHosts: { host: string | undefined; reason: string }[] = [];
  for (const other of others) {
    try {
      await requireTools(other.host, tools);
      const namespaces = new Set([undefined, ...other.objects.map(({ netns }) => netns)]);
      watches.push({ lab: other, ...(await placesFor(other.host, [...namespaces], addresses)) });
    } catch (error) {
      if (!(error instanceof LocalnetError)) throw error;
      unwatchedHosts.push({ host: other.url, reason: error.summary });
    }
  }
  let isAnswered = false;
  const places = watches.flatMap(({ lab: { url }, watched }) => watched.map(({ netns }) => ({ host: url, netns })));
  const isV6 = isIPv6(flow.address);
  const readLegacy = () => Promise.all(places.map((place) => legacyRules(labOf(place).host, place.netns, isV6)));
  const before = await readLegacy();
  const traces = await watchAll(watches, marksOf(flow), async (begin) => {
    begin();
    const input = flow.protocol === "udp" ? { input: `${payload}\n` } : {};
    const { exitCode, stdout } = await lab.host.run(enter(from, commandOf(flow)), { accept: "any", ...input });
    isAnswered = flow.protocol === "udp" ? stdout !== "" : exitCode === 0;
  });
  const after = await readLegacy();
  const legacy = places.flatMap((place, index) => {
    const rules = after[index] ?? [];
    return rules.length > 0 ? [{ ...place, counted: countedSince(before[index] ?? [], rules) }] : [];
  });
  const peerOf = await peersOf((place) => labOf(place).host, exitsOf(traces));
  const start = { host: lab.url, netns: from };
  const ways = waysOf(traces, flow, start, peerOf);
  const there = watches.filter(({ addresses }) => addresses.includes(flow.address));
  const destinationAddresses = new Set(there.flatMap(({ addresses }) => addresses));
  const cause = await causeOf({
    labOf,
    flow,
    from: start,
    ways,
    peerOf,
    toward: destinationAddresses,
    legacy,
    isAnswered,
  });
  const [forward, back] = [await describeWay(labOf, ways.there), await describeWay(labOf, ways.back)];
  const unwatched = watches.reduce((sum, each) => sum + each.unwatched, 0);
  return {
    sent: textOf(flow),
    from,
    there: forward,
    back,
    cause,
    unwatched,
    ...(legacy.length > 0 && { legacy }),
    ...(unwatchedHosts.length > 0 && { unwatchedHosts }),
  };
}

/** The commands that watching a host needs. */
export const tools = ["nft", "nsenter", "ip"] as const;

interface Watch extends Places {
  readonly lab: Lab;
}

/** Watches all namespaces for the packets that a body sends. */
async function watchAll(
  watches: readonly Watch[],
  marks: Marks,
  body: (begin: () => void) => Promise<void>,
  beginBefore = () => {},
): Promise<NamespaceTrace[]> {
  const [watch, ...rest] = watches;
  if (!watch) {
    await body(beginBefore);
    return [];
  }
  const traces: NamespaceTrace[] = [];
  const { host, url } = watch.lab;
  const texts = await watchPackets(host, watch.watched, marks, async (begin) => {
    // Start only when all hosts are watched, or a path would seem to end where watching begins later.
    const beginAll = () => {
      beginBefore();
      begin();
    };
    traces.push(...(await watchAll(rest, marks, body, beginAll)));
  });
  return [...[...texts].map(([netns, text]) => ({ host: url, netns, events: parseEvents(text) })), ...traces];
}

/** The UDP ports of VXLANs. */
function carriersOf(labs: readonly Lab[]): number[] {
  const links = labs.flatMap(({ objects }) => objects.filter(({ type }) => type === "Vxlan"));
  return [...new Set(links.map(({ outputs }) => Number(outputs.destinationPort ?? 4789)))];
}

/** The possible destinations of the packet: its own, and those that services of the host rewrite it to. */
function destinations({ objects }: Lab, { address }: Flow): string[] {
  const backends = objects.filter(({ type }) => type === "IpvsBackend").map(({ outputs }) => String(outputs.address));
  const targets = objects
    .flatMap(({ outputs }) => outputs.toDestination ?? [])
    .map((each) => String(each).split(":")[0] ?? "");
  return [address, ...backends, ...targets];
}
