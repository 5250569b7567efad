import type { Packet } from "../../tools/nft-events";
import { serviceFor, type Told, tellPolicy, tellRule } from "./decisions";
import type { Flow } from "./flow";
import { type Found, lostIn, noRoute, type Surroundings } from "./lost";
import { routeFor } from "./route";
import { nameOf } from "./surroundings";
import type { Step, Visit, Ways } from "./way";

/** Where and why a way ended. */
export interface Cause {
  /** "answered": all went well; "refused": somebody said no; "delivered": it came, and no answer can be told from none. */
  readonly result: "answered" | "refused" | "delivered" | "lost";
  readonly netns: string | undefined;
  /** Was it the answer that was lost? */
  readonly isBack: boolean;
  readonly text: string;
  readonly owner?: string;
  /** What to do about it. */
  readonly hint?: string;
}

interface Question extends Surroundings {
  readonly flow: Flow;
  readonly from: string | undefined;
  readonly ways: Ways;
  /** What has sent it got an answer. */
  readonly isAnswered: boolean;
}

export async function causeOf(question: Question): Promise<Cause> {
  const { ways, from, isAnswered } = question;
  const [end, answer, first] = [ways.there.at(-1), ways.back.at(-1), ways.back[0]];
  const lost = (netns: string | undefined, isBack: boolean, { isDelivered, ...found }: Found): Cause => {
    return { result: isDelivered ? "delivered" : "lost", netns, isBack, ...found };
  };
  if (!end) return lost(from, false, await neverSent(question));
  if (isAnswered) return { result: "answered", netns: (first ?? end).netns, isBack: true, text: "an answer came" };
  const dropped = await dropIn(question, end);
  if (dropped) return lost(end.netns, false, dropped);
  const missed = await missedService(question);
  if (missed) return lost(missed.netns, false, missed.found);
  if (!answer) return lost(end.netns, false, await lostIn(question, end));
  const droppedBack = await dropIn(question, answer);
  if (droppedBack) return lost(answer.netns, true, droppedBack);
  const start = first?.steps[0];
  const isHome = answer.netns === from && answer.steps.at(-1)?.what === "in";
  if (start && "packet" in start && start.packet.isReset && isHome)
    return { result: "refused", netns: first?.netns, isBack: false, ...refusal(start.packet) };
  return lost(answer.netns, true, await lostIn(question, answer, senderIn(ways, answer)));
}

/** Who has sent what is answered, as the namespace knows them. */
function senderIn({ there }: Ways, { netns }: Visit): string {
  const entry = there.find((each) => each.netns === netns)?.steps[0];
  return entry && "packet" in entry ? entry.packet.source : "";
}

function extras({ owner, hint }: Found): Pick<Found, "owner" | "hint"> {
  return { ...(owner !== undefined && { owner }), ...(hint !== undefined && { hint }) };
}

function refusal({ source, sourcePort, protocol }: Packet): Found {
  return {
    text: `nobody listens on ${protocol} port ${sourcePort} of ${source}`,
    hint: "start the server, or see with ss -ltn on which address it listens",
  };
}

/** What a rule or a policy has dropped. */
async function dropIn({ lab }: Question, { netns, steps }: Visit): Promise<Found | undefined> {
  const last = steps.findLast(({ what }) => what !== "rewrite");
  if (last?.what === "policy" && last.verdict === "drop") {
    const { text, owner } = tellPolicy(lab, netns, last.chain, last.verdict);
    const way = linksOf(steps);
    const hint =
      last.chain.chain === "FORWARD" && way ? `a rule ${way} -j ACCEPT in FORWARD would let it through` : undefined;
    return { text: `dropped by ${text}`, ...extras({ text, ...(owner && { owner }), ...(hint && { hint }) }) };
  }
  if (last?.what !== "rule" || last.verdict !== "drop") return undefined;
  const decision: Told = await tellRule(lab, netns, last);
  const how = / -j REJECT|\breject\b/.test(decision.text) ? "rejected" : "dropped";
  return { ...decision, text: `${how} by ${decision.text}` };
}

function linksOf(steps: readonly Step[]): string | undefined {
  const link = steps.findLast((each) => each.what === "in");
  return link && "link" in link ? `-i ${link.link}` : undefined;
}

async function neverSent({ lab, flow, from }: Question): Promise<Found> {
  const routed = await routeFor(lab.host, from, { to: flow.address });
  if (routed.kind === "failed") return noRoute(lab, from, flow.address, routed);
  return { text: "nothing was sent", hint: "try it by hand: localnet exec" };
}

/** A service that a packet is for, and that did not get it, since IPVS takes what is for the host itself. */
async function missedService({
  lab,
  ways,
}: Question): Promise<{ readonly netns: string | undefined; readonly found: Found } | undefined> {
  for (const { netns, steps } of ways.there) {
    const entry = steps[0];
    if (entry?.what !== "in" && entry?.what !== "start") continue;
    if (steps.some(({ what }) => what === "rewrite")) continue;
    const service = await serviceFor(lab, netns, entry.packet);
    if (!service) continue;
    const { destination } = entry.packet;
    const routed = await routeFor(lab.host, netns, { to: destination });
    if (routed.kind === "local" && service.backends > 0) continue;
    const found =
      routed.kind === "local"
        ? { text: `${service.text} has no backend`, hint: "add an IpvsBackend" }
        : {
            text: `${destination} is no address of ${nameOf(netns)}, so it was sent on, past ${service.text}`,
            hint: `give ${destination}/32 to a link there, such as a Dummy`,
          };
    return { netns, found: { ...found, ...(service.owner !== undefined && { owner: service.owner }) } };
  }
  return undefined;
}
