import type { Words } from "./restore";

/** The words that may follow an encapsulation. */
const ends = ["via", "dev", "nhid", "nexthop", "table", "proto"];

/**
 * Splits the words of a route: those of its encapsulation, and the others. If a route has several next hops, their
 * encapsulations stay in the others.
 */
export function splitEncapsulation(words: Words): { readonly encapsulation: Words; readonly others: Words } {
  const begin = words.indexOf("encap");
  const hops = words.indexOf("nexthop");
  if (begin < 0 || (hops >= 0 && hops < begin)) return { encapsulation: [], others: words };
  const end = begin + lengthOf(words.slice(begin));
  return { encapsulation: words.slice(begin, end), others: [...words.slice(0, begin), ...words.slice(end)] };
}

/** Changes the words of encapsulations from how ip prints them to how it accepts them. */
export function takenWords(words: Words): string[] {
  const begin = words.indexOf("encap");
  if (begin < 0) return [...words];
  const end = begin + lengthOf(words.slice(begin));
  const options = words.slice(begin, end);
  // ip prints these numbers as decimal ones, and reads them as hexadecimal.
  const numbers = options.map((word, index) =>
    ["tos", "tc"].includes(options[index - 1] ?? "") ? `0x${Number(word).toString(16)}` : word,
  );
  const text = numbers.join(" ").replace(/segs \d+ \[ ([^\]]*) \]/, (_, list: string) => {
    const segments = list.trim().split(" ");
    const isInline = /^encap seg6 mode inline | action End\.B6 /.test(numbers.join(" "));
    // The last segment is the packet's own destination, which ip adds again.
    const segs = isInline ? segments.slice(0, -1) : segments;
    return `${options.includes("action") ? "srh " : ""}segs ${segs.join(",")}`;
  });
  return [...words.slice(0, begin), ...text.split(" "), ...takenWords(words.slice(end))];
}

/** The number of words of the encapsulation at the beginning. */
function lengthOf([, type, ...words]: Words): number {
  const isTable = type === "seg6local" && words.indexOf("table") < words.indexOf("dev");
  const end = words.findIndex((word, index) => {
    // An encapsulation in IPv4 always has its own `tos`; a second one is the route's.
    if (word === "tos") return type !== "ip" || words.indexOf("tos") !== index;
    return ends.includes(word) && !(word === "table" && isTable && words.indexOf("table") === index);
  });
  return 2 + (end < 0 ? words.length : end);
}
