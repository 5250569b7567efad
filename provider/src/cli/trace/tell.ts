import type { Packet } from "../../tools/nft-events";
import { type Lab, tellPolicy, tellRewrite, tellRule } from "./decisions";
import type { Visit } from "./way";

/** A step of a way, in words. */
export interface Told {
  readonly netns?: string | undefined;
  readonly what: "start" | "in" | "out" | "rule" | "policy" | "rewrite";
  readonly text: string;
  readonly owner?: string;
}

export async function tellWay(lab: Lab, visits: readonly Visit[]): Promise<Told[]> {
  const decisions: Told[] = [];
  for (const visit of visits) {
    const { netns } = visit;
    for (const [index, step] of visit.steps.entries()) {
      if (step.what === "rewrite") {
        const by = await tellRewrite(lab, visit, index);
        const change = `${changeOf(step.from, step.to)}${by ? ` by ${by.text}` : ""}`;
        decisions.push({ netns, what: "rewrite", text: change, ...(by?.owner !== undefined && { owner: by.owner }) });
      } else if (step.what === "rule") {
        const rule = await tellRule(lab, netns, step);
        decisions.push({
          netns,
          what: "rule",
          ...rule,
          text: `${rule.text}${step.verdict === "accept" ? "" : `: ${step.verdict}`}`,
        });
      } else if (step.what === "policy")
        decisions.push({ netns, what: "policy", ...tellPolicy(lab, netns, step.chain, step.verdict) });
      else decisions.push({ netns, what: step.what, text: `${step.what === "in" ? "in" : "out"} ${step.link}` });
    }
  }
  // What starts is told by the link that it goes out by, unless it goes nowhere.
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
