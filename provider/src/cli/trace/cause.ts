import type { Packet } from "../../tools/nft-events";
import { type Decision, describePolicy, describeRule, serviceFor } from "./decisions";
import { type Explanation, lostIn, noRoute, type Surroundings } from "./explain";
import type { Flow } from "./flow";
import type { Legacy } from "./legacy";
import { routeFor } from "./route";
import { inspectLinks, nameOf } from "./surroundings";
import { isSamePlace, type Place, type Step, type Visit, type Ways } from "./way";

/** Where and why the path of a packet ended. */
export interface Cause {
  readonly host?: string | undefined;
  /** "answered": success; "refused": the destination rejected it; "delivered": it arrived, but whether it was answered is unknown. */
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
  readonly from: Place;
  readonly ways: Ways;
  readonly legacy: readonly Legacy[];
  /** All addresses of the hosts that have the destination address. */
  readonly toward: ReadonlySet<string>;
  /** The sender got an answer. */
  readonly isAnswered: boolean;
}

export async function causeOf(question: Question): Promise<Cause> {
  const { ways, from, isAnswered } = question;
  const [end, answer, first] = [ways.there.at(-1), ways.back.at(-1), ways.back[0]];
  const lost = (
    { host, netns }: Place,
    isBack: boolean,
    { isDelivered, isUnanswered: _, ...explanation }: Explanation,
  ): Cause => {
    return { result: isDelivered ? "delivered" : "lost", ...at({ host, netns }), isBack, ...explanation };
  };
  const lostAt = async (visit: Visit, isBack: boolean, sender?: string): Promise<Cause> => {
    const explanation =
      legacyDrop(question, visit) ?? (await unsentCause(question, visit)) ?? (await lostIn(question, visit, sender));
    const carried = await carriedCause(question, visit, explanation, isBack);
    return carried ? lost(carried.place, isBack, carried.explanation) : lost(visit, isBack, explanation);
  };
  if (!end) return lost(from, false, await neverSent(question));
  if (isAnswered) return { result: "answered", ...at(first ?? end), isBack: true, text: "an answer came" };
  const dropped = await dropIn(question, end);
  if (dropped) return lost(end, false, dropped);
  const missed = await missedService(question);
  if (missed) return lost(missed.place, false, missed.explanation);
  if (!answer) return lostAt(end, false);
  const droppedBack = await dropIn(question, answer);
  if (droppedBack) return lost(answer, true, droppedBack);
  const start = first?.steps[0];
  const isHome = isSamePlace(answer, from) && answer.steps.at(-1)?.what === "in";
  if (start && "packet" in start && start.packet.isReset && isHome)
    return { result: "refused", ...at(first ?? answer), isBack: false, ...refusal(start.packet) };
  return lostAt(answer, true, senderIn(ways, answer));
}

/** Leaves out the host if there is only this machine. */
function at({ host, netns }: Place): Place {
  return host === undefined ? { netns } : { host, netns };
}

/** A drop by a rule of iptables-legacy, known only by the rule's counter. */
function legacyDrop({ legacy }: Question, visit: Visit): Explanation | undefined {
  const dropping = legacy.find((each) => isSamePlace(each, visit))?.counted.find(({ drops }) => drops);
  if (!dropping) return undefined;
  const { table, chain, text, owner } = dropping;
  const hint = "nothing tells which packets it counted: nobody can trace that backend";
  return {
    text: `dropped, as its counter says, by ${table} ${chain} of iptables-legacy: ${text}`,
    ...extras({ text, hint, ...(owner !== undefined && { owner }) }),
  };
}

/** A VXLAN link that sent it to no other host. */
async function unsentCause({ labOf, ways }: Question, visit: Visit): Promise<Explanation | undefined> {
  const last = visit.steps.at(-1);
  if (last?.what !== "out" || ways.carriedFrom(visit.host).length > 0) return undefined;
  const { links } = await inspectLinks(labOf(visit).host, visit.netns);
  if (links.find(({ ifname }) => ifname === last.link)?.linkinfo?.info_kind !== "vxlan") return undefined;
  const hint = `see bridge fdb show dev ${last.link}: each other host must have an entry; and ip route get to it`;
  return { text: `${last.link} has sent it to no other host`, hint };
}

/** What happened to the VXLAN packet that carried it, or the neighbour request for its address, to another host. */
async function carriedCause(
  question: Question,
  visit: Visit,
  { text, isUnanswered }: Explanation,
  isBack: boolean,
): Promise<{ readonly place: Place; readonly explanation: Explanation } | undefined> {
  const end = question.ways.carriedFrom(visit.host, isBack ? undefined : question.toward).at(-1);
  if (!end || (!isUnanswered && visit.steps.at(-1)?.what !== "out")) return undefined;
  const explanation = (await dropIn(question, end)) ?? (await lostIn(question, end));
  const what = isUnanswered ? "the question for its address" : "it";
  if (!explanation.isDelivered)
    return {
      place: end,
      explanation: { ...explanation, text: `in the packet of a VXLAN that carries ${what}: ${explanation.text}` },
    };
  const came = `${text}; ${what} came to ${end.host ?? "this machine"} in a packet of a VXLAN`;
  const hint = "see that both links have one number, and are ports of their bridges: bridge -d link";
  return { place: visit, explanation: { text: came, hint } };
}

/** The sender of the answered packet, by its address in this namespace. */
function senderIn({ there }: Ways, visit: Visit): string {
  const entry = there.find((each) => isSamePlace(each, visit))?.steps[0];
  return entry && "packet" in entry ? entry.packet.source : "";
}

function extras({ owner, hint }: Explanation): Pick<Explanation, "owner" | "hint"> {
  return { ...(owner !== undefined && { owner }), ...(hint !== undefined && { hint }) };
}

function refusal({ source, sourcePort, protocol }: Packet): Explanation {
  return {
    text: `nobody listens on ${protocol} port ${sourcePort} of ${source}`,
    hint: "start the server, or see with ss -ltn on which address it listens",
  };
}

/** A drop by a rule or a policy. */
async function dropIn({ labOf }: Question, visit: Visit): Promise<Explanation | undefined> {
  const { netns, steps } = visit;
  const lab = labOf(visit);
  const last = steps.findLast(({ what }) => what !== "rewrite");
  if (last?.what === "policy" && last.verdict === "drop") {
    const { text, owner } = describePolicy(lab, netns, last.chain, last.verdict);
    const way = linksOf(steps);
    const hint =
      last.chain.chain === "FORWARD" && way ? `a rule ${way} -j ACCEPT in FORWARD would let it through` : undefined;
    return { text: `dropped by ${text}`, ...extras({ text, ...(owner && { owner }), ...(hint && { hint }) }) };
  }
  if (last?.what !== "rule" || last.verdict !== "drop") return undefined;
  const decision: Decision = await describeRule(lab, netns, last);
  const how = / -j REJECT|\breject\b/.test(decision.text) ? "rejected" : "dropped";
  return { ...decision, text: `${how} by ${decision.text}` };
}

function linksOf(steps: readonly Step[]): string | undefined {
  const link = steps.findLast((each) => each.what === "in");
  return link && "link" in link ? `-i ${link.link}` : undefined;
}

async function neverSent({ labOf, flow, from }: Question): Promise<Explanation> {
  const lab = labOf(from);
  const routed = await routeFor(lab.host, from.netns, { to: flow.address });
  if (routed.kind === "failed") return noRoute(lab, from.netns, flow.address, routed);
  return { text: "nothing was sent", hint: "try it by hand: localnet exec" };
}

/** A service that the packet missed: IPVS only handles packets that are routed to the host itself. */
async function missedService({
  labOf,
  ways,
}: Question): Promise<{ readonly place: Place; readonly explanation: Explanation } | undefined> {
  for (const visit of ways.there) {
    const { netns, steps } = visit;
    const lab = labOf(visit);
    const entry = steps[0];
    if (entry?.what !== "in" && entry?.what !== "start") continue;
    if (steps.some(({ what }) => what === "rewrite")) continue;
    const service = await serviceFor(lab, netns, entry.packet);
    if (!service) continue;
    const { destination } = entry.packet;
    const routed = await routeFor(lab.host, netns, { to: destination });
    if (routed.kind === "local" && service.backends > 0) continue;
    const explanation =
      routed.kind === "local"
        ? { text: `${service.text} has no backend`, hint: "add an IpvsBackend" }
        : {
            text: `${destination} is no address of ${nameOf(netns)}, so it was sent on, past ${service.text}`,
            hint: `give ${destination}/32 to a link there, such as a Dummy`,
          };
    return {
      place: visit,
      explanation: { ...explanation, ...(service.owner !== undefined && { owner: service.owner }) },
    };
  }
  return undefined;
}
