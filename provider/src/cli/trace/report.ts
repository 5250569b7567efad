import { oneLine } from "../../text";
import type { TraceStep } from "./describe";
import type { Legacy } from "./legacy";
import type { Traced } from "./trace";
import type { Place } from "./way";

/** The trace as text: one line per step, and the result at the end. */
export function report({
  sent,
  from,
  there,
  back,
  cause,
  unwatched,
  legacy = [],
  unwatchedHosts = [],
}: Traced): string {
  const steps = [...there, ...back];
  const hosts = new Set([...steps, cause].map(({ host }) => host));
  const on = ({ host }: Place) => (hosts.size > 1 ? ` on ${host ?? "this machine"}` : "");
  const name = ({ host, netns }: TraceStep) => `${netns ?? "(host)"}${on({ host, netns })}`;
  const width = Math.max(...steps.map((each) => name(each).length), 6);
  const line = (step: TraceStep) =>
    `  ${name(step).padEnd(width)}  ${step.text}${step.owner === undefined ? "" : ` (${step.owner})`}`;
  const [where, whose] = [
    `${cause.netns ?? "the host"}${on(cause)}`,
    cause.owner === undefined ? "" : ` (${cause.owner})`,
  ];
  const end = {
    answered: `answered by ${where}`,
    refused: `refused by ${where}: ${cause.text}${whose}`,
    delivered: `delivered to ${where}: ${cause.text}`,
    lost: `${cause.isBack ? "the answer is lost" : "lost"} in ${where}: ${cause.text}${whose}`,
  }[cause.result];
  const lines = [
    `${sent} from ${from ?? "the host"}`,
    ...there.map(line),
    ...(back.length > 0 ? ["and back", ...back.map(line)] : []),
    end,
    ...(cause.hint === undefined ? [] : [`  ${cause.hint}`]),
    ...legacy.map(
      (each) =>
        `${each.netns ?? "the host"}${on(each)} has rules of iptables-legacy, which no tracing shows${counted(each)}`,
    ),
    ...unwatchedHosts.map(({ host, reason }) => `${host ?? "this machine"} was not watched: ${reason}`),
    ...(unwatched > 0 ? [`${unwatched} namespaces were not watched`] : []),
  ];
  return lines.map((each) => `${oneLine(each)}\n`).join("");
}

function counted({ counted }: Legacy): string {
  const rules = counted.filter(({ text }) => text.startsWith("-A ")).map(({ table, text }) => `${table} ${text}`);
  return rules.length === 0 ? "" : `; counted meanwhile: ${rules.join("; ")}`;
}
