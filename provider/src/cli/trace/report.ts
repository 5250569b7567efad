import { oneLine } from "../../text";
import type { Told } from "./tell";
import type { Traced } from "./traced";

/** All of it as text: a line a step, and last what came of it. */
export function report({ sent, from, there, back, cause, unwatched }: Traced): string {
  const width = Math.max(...[...there, ...back].map(({ netns = "(host)" }) => netns.length), 6);
  const line = ({ netns = "(host)", text, owner }: Told) =>
    `  ${netns.padEnd(width)}  ${text}${owner === undefined ? "" : ` (${owner})`}`;
  const [where, whose] = [cause.netns ?? "the host", cause.owner === undefined ? "" : ` (${cause.owner})`];
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
    ...(unwatched > 0 ? [`${unwatched} namespaces were not watched`] : []),
  ];
  return lines.map((each) => `${oneLine(each)}\n`).join("");
}
