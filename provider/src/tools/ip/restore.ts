import type { Host } from "../../host";
import { familyOf } from "../../schema/fields";
import { batchLines } from "./batch";
import { splitEncapsulation, takenWords } from "./encapsulation-words";
import { ipIn, runIp } from "./ip";
import { showRoutesCommand } from "./routes";

/**
 * Reads and restores routes and neighbours, which the kernel removes when a link changes. They are read as text, not as
 * JSON: `ip route add` accepts what `ip route show` prints, and the JSON lacks the locks of metrics and most of an
 * encapsulation. `ip route save` is complete too, but `restore` always loads all routes: it would bring back those that
 * others removed in the meantime.
 */
export interface Attached {
  /** The words of each route that the kernel did not make by itself. */
  readonly routes: readonly Words[];
  /** The words of each permanent neighbour of the link, and of each address for which it answers. */
  readonly neighbours: readonly Words[];
}

export type Words = readonly string[];

/** The names of route types by number: `ip -N` prints numbers, but accepts only names. */
const typeNames = ["", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit"];
typeNames.push("throw", "nat");

/** The kernel made these, because of an address, an ICMP redirect or a router advertisement, and makes them again. */
const kernelProtocols = ["1", "2", "9"];

/** Words that show a route's state and are no attributes. */
const states = ["dead", "linkdown", "pervasive", "unresolved", "offload", "trap", "rt_offload", "rt_trap"];

/** The routes and neighbours that a change of the link may remove. */
export async function showAttached(host: Host, netns: string | undefined, device: string): Promise<Attached> {
  const commands = [
    ["route", "show", "table", "all"],
    ["neigh", "show", "dev", device, "nud", "permanent"],
    ["neigh", "show", "proxy", "dev", device],
  ];
  const argv = [...ipIn(netns), "-N", "-d", "-o", "-batch", "-"];
  const { stdout } = await runIp(host, argv, { input: batchLines(commands) });
  const lines = linesOf(stdout);
  const routes = lines.filter(isRoute).map(routeWords);
  return {
    routes: routes.filter((words) => !kernelProtocols.includes(wordAfter(words, "proto") ?? "")),
    neighbours: lines.flatMap((words) => neighbourWords(words, device)),
  };
}

/** The words of the routes of a table to exactly this destination. */
export async function showRouteWords(
  host: Host,
  netns: string | undefined,
  destination: string,
  table: number,
): Promise<Words[]> {
  const argv = [
    ...ipIn(netns),
    `-${familyOf(destination)}`,
    "-N",
    "-d",
    "-o",
    ...showRoutesCommand(destination, table),
  ];
  return linesOf((await runIp(host, argv)).stdout)
    .filter(isRoute)
    .map(routeWords);
}

function linesOf(stdout: string): Words[] {
  return stdout.split("\n").map((line) => line.split(/[\s\\]+/).filter(Boolean));
}

/** A line about a route begins with the number of its type. */
function isRoute([type = ""]: Words): boolean {
  return /^\d+$/.test(type);
}

function routeWords(line: Words): Words {
  const words = takenWords(line).filter((word) => !states.includes(word));
  const [type, destination = "", ...rest] = words;
  // The destination is "default" for both IP versions, but only IPv6 routes have `pref`.
  const isDefault6 = destination === "default" && rest.includes("pref");
  const attributes = rest.flatMap((word, index) => {
    const before = rest[index - 1];
    if (word === "error" || before === "error") return [];
    // rto_min is always locked, and ip does not accept "lock" before it.
    if (word === "lock" && before === "rto_min") return [];
    return [before === "expires" ? word.replace(/sec$/, "") : word];
  });
  return [typeNames[Number(type)] ?? "", isDefault6 ? "::/0" : destination, ...attributes];
}

function neighbourWords(words: Words, device: string): Words[] {
  const [address = "", ...rest] = words;
  // The protocol is kept, because it shows who made the neighbour.
  const attributes = rest.filter((word) => word !== "PERMANENT" && word !== "proxy");
  if (words.includes("PERMANENT")) return [[address, "dev", device, "nud", "permanent", ...attributes]];
  return words.includes("proxy") && !isRoute(words) ? [["proxy", address, "dev", device, ...attributes]] : [];
}

/** The commands that restore what existed before and no longer does. Routes that depend on no other route come first. */
export function restoreCommands(before: Attached, after: Attached): Words[] {
  const routes = missing(before.routes, after.routes, routeKey).sort((a, b) => rank(a) - rank(b));
  const neighbours = missing(before.neighbours, after.neighbours, (words) => words.join(" "));
  // Of an IPv6 route with several next hops or a source address, the kernel may remove only a part.
  const rests = missing(after.routes, before.routes, routeKey).map(identity);
  const isRest = (words: Words) => words[1]?.includes(":") && rests.includes(identity(words));
  return [
    ...neighbours.map((words) => ["neigh", "replace", ...words]),
    ...routes.map((words) => ["route", isRest(words) ? "replace" : "append", ...words]),
  ];
}

function missing(before: readonly Words[], after: readonly Words[], key: (words: Words) => string): Words[] {
  const existing = new Set(after.map(key));
  return before.filter((words) => !existing.has(key(words)));
}

/** All words except the remaining lifetime. */
function routeKey(words: Words): string {
  return words.filter((_, index) => words[index - 1] !== "expires").join(" ");
}

export function wordAfter(words: Words, word: string): string | undefined {
  return words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
}

/** The words that tell one IPv6 route from all others. */
function identity(words: Words): string {
  const { others } = splitEncapsulation(words);
  return [words[1], ...["tos", "metric", "table"].map((word) => wordAfter(others, word))].join(" ");
}

function rank(route: Words): number {
  const { others: words } = splitEncapsulation(route);
  if (words.includes("via")) return words.includes("onlink") ? 1 : 2;
  return words.includes("src") ? 1 : 0;
}
