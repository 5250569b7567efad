import type { Packet } from "../../tools/nft-events";
import { readSysctl } from "../../tools/sysctl";
import { bridgeCause, hairpinCause } from "./bridge";
import type { Lab } from "./decisions";
import { peersOf } from "./namespaces";
import { asksNeighbour, type Routed, routeFor } from "./route";
import { inspectLinks, listens, nameOf } from "./surroundings";
import type { End, Place, Step, Visit } from "./way";

// Why a packet that no rule dropped was lost: the state of the namespace that saw it last.

/** Why it was lost, and what to do about it. */
export interface Explanation {
  readonly text: string;
  readonly owner?: string;
  readonly hint?: string;
  /** It reached its destination. */
  readonly isDelivered?: boolean;
  /** It was not sent, because nobody answered the neighbour request. */
  readonly isUnanswered?: boolean;
}

export interface Surroundings {
  readonly labOf: (place: Place) => Lab;
  readonly peerOf: (end: End) => End | undefined;
}

export async function noRoute(
  lab: Lab,
  netns: string | undefined,
  to: string,
  { error }: Routed & { kind: "failed" },
): Promise<Explanation> {
  const { down } = await inspectLinks(lab.host, netns);
  const [wrong] = down.values();
  if (wrong !== undefined) return { text: `${wrong}, and its routes with it`, hint: "set it up" };
  const hint = `give ${nameOf(netns)} a route there, such as a default route`;
  return { text: `no route to ${to}: ${error}`, hint };
}

async function routeIn({ labOf }: Surroundings, { host, netns, steps }: Visit, to?: string): Promise<Routed> {
  const entry = steps.findLast((each) => each.what === "in");
  const { packet } = lastWithPacket(steps) ?? {};
  if (!packet) return { kind: "failed", error: "" };
  const link = entry && "link" in entry ? entry.link : undefined;
  return routeFor(labOf({ host, netns }).host, netns, {
    to: to ?? packet.destination,
    ...(link !== undefined && { from: packet.source, link }),
  });
}

function lastWithPacket(steps: readonly Step[]): { readonly packet: Packet } | undefined {
  const last = steps.findLast((each) => "packet" in each || each.what === "rewrite");
  if (last?.what === "rewrite") return { packet: last.to };
  return last && "packet" in last ? last : undefined;
}

/** Explains the loss of a packet by the namespace that saw it last. `sender`: the receiver, if the packet is an answer. */
export async function lostIn(question: Surroundings, visit: Visit, sender?: string): Promise<Explanation> {
  const { labOf, peerOf } = question;
  const { host, netns, steps } = visit;
  const lab = labOf(visit);
  const last = steps.findLast((each) => "link" in each);
  const { packet } = lastWithPacket(steps) ?? {};
  if (!last || !("link" in last) || !packet) return { text: "nothing more is known" };
  const { links, down, addresses } = await inspectLinks(lab.host, netns);
  const link = links.find(({ ifname }) => ifname === last.link);
  const kindOf = (name: string | undefined) => links.find(({ ifname }) => ifname === name)?.linkinfo?.info_kind;
  const port = steps.find((each) => each.what === "in");
  const master = port && "link" in port ? links.find(({ ifname }) => ifname === port.link)?.master : undefined;
  if (port && "link" in port && master !== undefined && kindOf(master) === "bridge") {
    const receivers = [packet.destination, ...(sender === undefined ? [] : [sender])];
    const explanation = await hairpinCause(lab.host, netns, master, port.link, receivers);
    if (explanation && (last === port || last.link === master)) return explanation;
  }
  if (last.what === "out") {
    const peer = peerOf({ host, netns, link: last.link });
    if (peer) {
      const far = await inspectLinks(lab.host, peer.netns);
      const wrong = far.down.get(peer.link);
      if (wrong !== undefined) return { text: `in ${nameOf(peer.netns)} ${wrong}`, hint: "set it up" };
    }
    if (link?.linkinfo?.info_kind === "bridge") return { text: `bridge ${last.link} sent it to none of its ports` };
    return { text: `it went out by ${last.link}, and nothing that can be watched got it` };
  }
  if (last.what === "in") {
    const bridge = links.find(({ ifname }) => ifname === link?.master);
    if (bridge?.linkinfo?.info_kind === "bridge") return bridgeCause(bridge);
    const { etherDestination } = last.packet;
    const isForOther =
      etherDestination !== undefined && link?.address !== undefined && etherDestination !== link.address;
    if (isForOther && link.linkinfo?.info_kind !== "bridge" && !/^(ff:|01:|33:)/.test(etherDestination))
      return {
        text: `it is addressed to ${etherDestination}, and ${last.link} is ${link.address}`,
        hint: `see ip neigh where it was sent: an entry for ${packet.destination} is wrong`,
      };
  }
  const route = await routeIn(question, visit);
  // Before an answer is routed, conntrack restores the address that was rewritten there.
  const isRewritten = route.kind === "local" && Boolean(sender) && !addresses.includes(`${sender}`);
  const destination = isRewritten ? `${sender}` : packet.destination;
  const routed = isRewritten ? await routeIn(question, visit, destination) : route;
  if (routed.kind === "local") return undelivered(question, visit, packet, sender !== undefined);
  if (routed.kind === "failed")
    return unroutable(lab, netns, last.what === "in" ? last.link : undefined, { ...packet, destination }, routed);
  const wrong = down.get(routed.link);
  if (wrong !== undefined) return { text: wrong, hint: "set it up, and its other end" };
  const hop = routed.via ?? destination;
  if (await asksNeighbour(lab.host, netns, hop, routed.link))
    return (
      (await filteredQuestion(lab, { netns, link: routed.link }, hop, packet.source)) ?? {
        text: `nobody answers for ${hop} on ${routed.link}`,
        hint: "see that the address is there, and the link to it up",
        isUnanswered: true,
      }
    );
  return { text: "the kernel dropped it, and does not say why" };
}

/** Why the routing drops the packet. */
async function unroutable(
  lab: Lab,
  netns: string | undefined,
  link: string | undefined,
  { source, destination }: Packet,
  routed: Routed & { kind: "failed" },
): Promise<Explanation> {
  const { addresses } = await inspectLinks(lab.host, netns);
  if (addresses.includes(source) && link !== undefined)
    return {
      text: `${source} is an address of ${nameOf(netns)} itself, and what comes in with it is dropped`,
      hint: "masquerade it on its way, so that it comes from another address",
    };
  if (link !== undefined && (await isFiltered(lab, netns, link, source, routed.error))) return filtered(source, link);
  const version = destination.includes(":") ? "ipv6" : "ipv4";
  if (link !== undefined && !addresses.includes(destination)) {
    const forwarding = await readSysctl(lab.host, netns, `net/${version}/conf/${link}/forwarding`);
    if (forwarding === "0")
      return {
        text: `forwarding is off: net.${version}.conf.${link}.forwarding is 0`,
        hint: version === "ipv4" ? "set net.ipv4.ip_forward to 1" : "set net.ipv6.conf.all.forwarding to 1",
      };
  }
  return noRoute(lab, netns, destination, routed);
}

/** Does rp_filter drop it? Newer kernels do not report that for everything they refuse. */
async function isFiltered(
  { host }: Lab,
  netns: string | undefined,
  link: string,
  source: string,
  error: string,
): Promise<boolean> {
  if (!/cross-device|Invalid argument/.test(error)) return false;
  const settings = await Promise.all(
    ["all", link].map((each) => readSysctl(host, netns, `net/ipv4/conf/${each}/rp_filter`)),
  );
  const mode = Math.max(...settings.map(Number));
  const back = await routeFor(host, netns, { to: source });
  return mode === 1 ? back.kind !== "forward" || back.link !== link : mode === 2 && back.kind === "failed";
}

/** The host that has the address may drop the neighbour request for it, because of rp_filter. */
async function filteredQuestion(lab: Lab, end: End, hop: string, source: string): Promise<Explanation | undefined> {
  const peer = (await peersOf(() => lab.host, [end]))(end);
  if (!peer) return undefined;
  const { links, addresses } = await inspectLinks(lab.host, peer.netns);
  if (!addresses.includes(hop)) return undefined;
  const link = links.find(({ ifname }) => ifname === peer.link)?.master ?? peer.link;
  const routed = await routeFor(lab.host, peer.netns, { to: hop, from: source, link });
  if (routed.kind !== "failed" || !(await isFiltered(lab, peer.netns, link, source, routed.error))) return undefined;
  const explanation = filtered(source, link);
  return { ...explanation, text: `${nameOf(peer.netns)} has ${hop} and does not answer for it: ${explanation.text}` };
}

function filtered(source: string, link: string): Explanation {
  return {
    text: `the way back to ${source} does not lead through ${link}, and rp_filter drops what comes so`,
    hint: `add a route to ${source}, or set net.ipv4.conf.${link}.rp_filter and that of all to 0 or 2`,
  };
}

/** Explains a packet that reached its destination and was not answered. */
async function undelivered(
  { labOf }: Surroundings,
  { host, netns }: Visit,
  { source, destination, destinationPort, protocol }: Packet,
  isBack: boolean,
): Promise<Explanation> {
  if (isBack) return { text: "it came back, and was not taken" };
  const lab = labOf({ host, netns });
  const back = await routeFor(lab.host, netns, { to: source });
  if (back.kind === "failed") {
    const { text, hint } = await noRoute(lab, netns, source, back);
    return { text: `it came, and the answer finds ${text}`, ...(hint && { hint }) };
  }
  if (protocol === "icmp") return { text: "it came, and was not answered", isDelivered: true };
  if (protocol !== "tcp" && protocol !== "udp") return { text: "it came", isDelivered: true };
  if (!(await listens(lab.host, netns, protocol, destinationPort ?? 0)))
    return {
      text: `nobody listens on ${protocol} port ${destinationPort} of ${destination}`,
      hint: "start the server",
    };
  return { text: `it came to whoever listens on ${protocol} port ${destinationPort}`, isDelivered: true };
}
