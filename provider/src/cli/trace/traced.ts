import { enter } from "../../host/netns";
import { parseEvents } from "../../tools/nft-events";
import { watchPackets } from "../../tools/nft-trace";
import { type Cause, causeOf } from "./cause";
import type { Lab } from "./decisions";
import { commandOf, type Flow, matchesOf, textOf } from "./flow";
import { peersOf, placesFor } from "./places";
import { type Told, tellWay } from "./tell";
import { exitsOf, waysOf } from "./way";

export interface Traced {
  readonly sent: string;
  readonly from?: string | undefined;
  readonly there: readonly Told[];
  readonly back: readonly Told[];
  readonly cause: Cause;
  readonly unwatched: number;
}

/** Sends what is asked for, and finds out what came of it. */
export async function traceFlow(lab: Lab, flow: Flow, from: string | undefined): Promise<Traced> {
  const { host } = lab;
  const { watched, unwatched } = await placesFor(host, from, await destinations(lab, flow));
  let isAnswered = false;
  const send = async () => {
    const input = flow.protocol === "udp" ? { input: "localnet\n" } : {};
    const { exitCode, stdout } = await host.run(enter(from, commandOf(flow)), { accept: "any", ...input });
    isAnswered = flow.protocol === "udp" ? stdout !== "" : exitCode === 0;
  };
  const texts = await watchPackets(host, watched, matchesOf(flow), send);
  const events = new Map([...texts].map(([netns, text]) => [netns, parseEvents(text)]));
  const peerOf = await peersOf(host, exitsOf(events));
  const ways = waysOf(events, flow, from, peerOf);
  const cause = await causeOf({ lab, flow, from, ways, peerOf, isAnswered });
  const [there, back] = [await tellWay(lab, ways.there), await tellWay(lab, ways.back)];
  return { sent: textOf(flow), from, there, back, cause, unwatched };
}

/** The addresses that the packet may go to: its own, and those that services of the host make of it. */
async function destinations({ objects }: Lab, { address }: Flow): Promise<string[]> {
  const backends = objects.filter(({ type }) => type === "IpvsBackend").map(({ outputs }) => String(outputs.address));
  const targets = objects
    .flatMap(({ outputs }) => outputs.toDestination ?? [])
    .map((each) => String(each).split(":")[0] ?? "");
  return [address, ...backends, ...targets];
}
