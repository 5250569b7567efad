import type { Packet } from "../../tools/nft-events";
import { describePolicy, describeRewrite, describeRule, type Lab } from "./decisions";
import type { Place, Visit } from "./way";

/** A step of a packet's path, in words. */
export interface TraceStep {
  readonly host?: string | undefined;
  readonly netns?: string | undefined;
  readonly what: "start" | "in" | "out" | "rule" | "policy" | "rewrite";
  readonly text: string;
  readonly owner?: string;
}

export async function describeWay(labOf: (place: Place) => Lab, visits: readonly Visit[]): Promise<TraceStep[]> {
  const decisions: TraceStep[] = [];
  for (const visit of visits) {
    const { host, netns } = visit;
    const lab = labOf(visit);
    const place = host === undefined ? { netns } : { host, netns };
    for (const [index, step] of visit.steps.entries()) {
      if (step.what === "rewrite") {
        const by = await describeRewrite(lab, visit, index);
        const change = `${changeOf(step.from, step.to)}${by ? ` by ${by.text}` : ""}`;
        decisions.push({
          ...place,
          what: "rewrite",
          text: change,
          ...(by?.owner !== undefined && { owner: by.owner }),
        });
      } else if (step.what === "rule") {
        const rule = await describeRule(lab, netns, step);
        decisions.push({
          ...place,
          what: "rule",
          ...rule,
          text: `${rule.text}${step.verdict === "accept" ? "" : `: ${step.verdict}`}`,
        });
      } else if (step.what === "policy")
        decisions.push({ ...place, what: "policy", ...describePolicy(lab, netns, step.chain, step.verdict) });
      else decisions.push({ ...place, what: step.what, text: `${step.what === "in" ? "in" : "out"} ${step.link}` });
    }
  }
  // The start is not shown, since the first link is, unless nothing follows.
  return decisions.filter(({ what }, index) => what !== "start" || decisions[index + 1] === undefined);
}

function changeOf(from: Packet, to: Packet): string {
  const source = pointOf(from.source, from.sourcePort) === pointOf(to.source, to.sourcePort);
  const parts = [
    ...(source ? [] : [`from ${pointOf(from.source, from.sourcePort)} becomes ${pointOf(to.source, to.sourcePort)}`]),
    ...(pointOf(from.destination, from.destinationPort) === pointOf(to.destination, to.destinationPort)
      ? []
      : [
          `to ${pointOf(from.destination, from.destinationPort)} becomes ${pointOf(to.destination, to.destinationPort)}`,
        ]),
  ];
  return parts.join(", ");
}

function pointOf(address: string, port?: number): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
}
