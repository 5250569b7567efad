import type { Words } from "./restore";

/** What may stand behind an encapsulation. */
const ends = ["via", "dev", "nhid", "nexthop", "table", "proto"];

/** The words of an encapsulation, as ip takes them, and the others; of a route with several next hops, those of the route. */
export function splitEncapsulation(words: Words): { readonly encapsulation: Words; readonly others: Words } {
  const begin = words.indexOf("encap");
  const hops = words.indexOf("nexthop");
  if (begin < 0 || (hops >= 0 && hops < begin)) return { encapsulation: [], others: words };
  const end = begin + lengthOf(words.slice(begin));
  return { encapsulation: words.slice(begin, end), others: [...words.slice(0, begin), ...words.slice(end)] };
}

/** What ip prints of encapsulations otherwise than it takes it. */
export function takenWords(words: Words): string[] {
  const begin = words.indexOf("encap");
  if (begin < 0) return [...words];
  const end = begin + lengthOf(words.slice(begin));
  const options = words.slice(begin, end);
  // It prints these numbers as decimal ones and reads them as hexadecimal.
  const numbers = options.map((word, index) =>
    ["tos", "tc"].includes(options[index - 1] ?? "") ? `0x${Number(word).toString(16)}` : word,
  );
  const text = numbers.join(" ").replace(/segs \d+ \[ ([^\]]*) \]/, (_, list: string) => {
    const segments = list.trim().split(" ");
    const isInline = /^encap seg6 mode inline | action End\.B6 /.test(numbers.join(" "));
    // The packet's own destination stands behind them, which ip adds again.
    const segs = isInline ? segments.slice(0, -1) : segments;
    return `${options.includes("action") ? "srh " : ""}segs ${segs.join(",")}`;
  });
  return [...words.slice(0, begin), ...text.split(" "), ...takenWords(words.slice(end))];
}

/** How many words an encapsulation has, which stands at the begin. */
function lengthOf([, type, ...words]: Words): number {
  const isTable = type === "seg6local" && words.indexOf("table") < words.indexOf("dev");
  const end = words.findIndex((word, index) => {
    // Of IPv4 it always has one of its own.
    if (word === "tos") return type !== "ip" || words.indexOf("tos") !== index;
    return ends.includes(word) && !(word === "table" && isTable && words.indexOf("table") === index);
  });
  return 2 + (end < 0 ? words.length : end);
}
