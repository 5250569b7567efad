import { cached, type Host } from "../host";
import { commandError } from "../host/command-error";
import { enter } from "../host/netns";
import { batchLines } from "./ip/batch";
import { kernelHandle, type Qdisc, showAllQdiscs } from "./tc";

/** A filter, parsed from tc's text: the JSON has the same key twice for u32, and is invalid for fw. */
export interface TcFilter {
  readonly dev: string;
  /** `ingress`, `egress`, a queueing discipline such as `1:`, or a class such as `1:10`. */
  readonly parent: string;
  readonly protocol: string;
  readonly priority: number;
  readonly kind: string;
  /** In tc's form: `0x1`; for u32 `800::800`; for fw also with a mask, `0x5/0xff`. */
  readonly handle: string;
  /** Its number within the priority, if the number alone identifies it. */
  readonly number?: number;
  /** Why it has no such number. */
  readonly why?: string;
  readonly flowid?: string;
  /** What it matches, a line for each condition. */
  readonly matches: readonly string[];
  /** Its actions without counters, a line for each. */
  readonly actions: readonly string[];
}

const head =
  /^filter (?:(?:parent \S+|root|ingress|egress|block (\S+)) )*protocol (\S+) pref (\d+) (\S+) chain (\d+) ?(.*)$/;
const node = /^fh \S+?:\S*:(\S+) order \d+ key ht (\w+) bkt (\w+) ?(.*)$/;
const table = /^fh (\w+): ht divisor (\d+)$/;

type Place = Pick<TcFilter, "dev" | "parent">;

/** Parses the output of `tc filter show` for one parent. */
export function parseFilters(text: string, place: Place): TcFilter[] {
  const parts = text.split(/^(?=filter )/m).filter((part) => part.startsWith("filter "));
  const all = parts.map((part) => parseFilter(part, place));
  const isEmpty = (priority: number) => all.every((each) => each.priority !== priority || each.handle === "");
  const filters = all.filter(({ handle, priority }, index) =>
    handle === "" ? isEmpty(priority) && all.findIndex((each) => each.priority === priority) === index : true,
  );
  // Each priority has a root table. tc also prints the root tables of the other direction.
  const roots = parts.flatMap((part) => {
    const [first = ""] = part.split("\n");
    const [, , , priority, , , more = ""] = head.exec(first) ?? [];
    return isRoot(more.trim()) ? [Number(priority)] : [];
  });
  return filters.map(({ number, ...each }) => {
    const isMixed = each.kind === "u32" && roots.filter((priority) => priority === each.priority).length > 1;
    return { ...each, ...(isMixed ? { why: each.why ?? mixed } : number !== undefined && { number }) };
  });
}

const mixed = "both directions have u32 filters at this priority, and the kernel does not say which filter is in which";

function isRoot(words: string): boolean {
  const [, id = "", divisor] = table.exec(words) ?? [];
  return divisor === "1" && Number.parseInt(id, 16) >= 0x800;
}

function parseFilter(part: string, place: Place): TcFilter {
  const [first = "", ...lines] = part.split("\n");
  const [, block, protocol, priority, kind, chain, end = ""] = head.exec(first) ?? [];
  const none = { matches: [], actions: [] };
  if (kind === undefined || protocol === undefined)
    return { ...place, protocol: "", priority: 0, kind: "", handle: first, why: "its form is unknown", ...none };
  const more = end.trim();
  const filter = { ...place, protocol, priority: Number(priority), kind };
  if (more === "" || isRoot(more)) return { ...filter, handle: "", why: "it is a priority without filters", ...none };
  const [, handle = ""] = /^(?:handle|fh) (\S+)/.exec(more) ?? [];
  if (table.test(more)) return { ...filter, handle, why: "it is a table of u32", ...none };
  const [, key = "", ht = "", bucket, ofNode] = node.exec(more) ?? [];
  const words = ofNode ?? more.replace(/^handle \S+/, "");
  const [, flowid] = /(?:flowid|classid) (?!not_in_hw)(\S+)/.exec(words) ?? [];
  const options = words.replace(/\*?(?:flowid|classid)(?: (?!not_in_hw)\S+)?|terminal|not_in_hw/g, "").trim();
  const [selector = "", ...actions] = lines.join("\n").split(/^\taction order \d+: /m);
  const matches = [options, ...selector.split("\n").map((line) => line.trim())];
  const isElsewhere = ofNode !== undefined && (bucket !== "0" || Number.parseInt(ht, 16) < 0x800);
  const why =
    (block !== undefined && `it is in block ${block}, which several links may share`) ||
    (chain !== "0" && `it is in chain ${chain}`) ||
    (isElsewhere && `it is in a table of its own, ${ht}`);
  const number = ofNode === undefined ? Number(handle.replace(/\/.*/, "")) : Number.parseInt(key, 16);
  return {
    ...{ ...filter, handle, ...(why ? { why } : { number }), ...(flowid !== undefined && { flowid }) },
    matches: matches.filter((line) => line !== "" && line !== "not_in_hw"),
    actions: actions.map(actionOf),
  };
}

function actionOf(text: string): string {
  // After somebody listed the actions of a kind, the kernel adds `used_hw_stats` to all of them.
  const line = text
    .replace(/^\tused_hw_stats \w+$/m, "")
    .replace(/\s+/g, " ")
    .trim();
  return line.replace(/ random type none pass val 0\b| index \d+ ref 1 bind 1$|^ | not_in_hw\b/g, "").trim();
}

/** The filters at one parent of a link. */
export function showFilters(
  host: Host,
  netns: string | undefined,
  device: string,
  parent: string,
): Promise<TcFilter[]> {
  return cached(host, `filters ${netns ?? ""} ${device} ${parent}`, async () => {
    const argv = enter(netns, ["tc", "filter", "show", "dev", device, ...parentWords(parent)]);
    const result = await host.run(argv, { accept: [0, 1] });
    if (result.exitCode === 0) return parseFilters(result.stdout, { dev: device, parent });
    // The link may have disappeared since it was listed.
    if (/Cannot find device/.test(result.stderr)) return [];
    throw commandError(argv, result);
  });
}

export function parentWords(parent: string): string[] {
  if (parent === "root") return [];
  return parent === "ingress" || parent === "egress" ? [parent] : ["parent", parent];
}

/** The parents for filters that a queueing discipline offers, without its classes. */
export function parentsOf({ kind, handle, root }: Qdisc): string[] {
  if (kind === "ingress") return ["ingress"];
  if (kind === "clsact") return ["ingress", "egress"];
  // Disciplines that the kernel chose have no number.
  return handle === kernelHandle ? (root ? ["root"] : []) : [handle];
}

/** Queueing disciplines that accept no filters. */
const withoutFilters = ["noqueue", "pfifo", "bfifo", "pfifo_fast", "mq", "fq", "tbf", "netem"];

/** In these, each class can have filters too. */
const withFiltersInClasses = ["htb", "hfsc"];

/** All filters of a namespace. */
export async function showAllFilters(host: Host, netns: string | undefined): Promise<TcFilter[]> {
  const all = await showAllQdiscs(host, netns);
  const qdiscs = all.filter(({ kind }) => !withoutFilters.includes(kind));
  const parents = qdiscs.flatMap((qdisc) => parentsOf(qdisc).map((parent) => ({ dev: qdisc.dev, parent })));
  const devices = new Set(qdiscs.filter(({ kind }) => withFiltersInClasses.includes(kind)).map(({ dev }) => dev));
  const lists = await Promise.all([
    ...parents.map(({ dev, parent }) => showFilters(host, netns, dev, parent)),
    ...[...devices].map((dev) => showFiltersOfClasses(host, netns, dev)),
  ]);
  return lists.flat();
}

async function showFiltersOfClasses(host: Host, netns: string | undefined, dev: string): Promise<TcFilter[]> {
  const { stdout } = await host.run(enter(netns, ["tc", "class", "show", "dev", dev]));
  const classes = [...stdout.matchAll(/^class \S+ (\S+)/gm)].map(([, classid = ""]) => classid);
  if (classes.length === 0) return [];
  // Each class is printed before its filters, because a filter does not show its class.
  const input = batchLines(
    classes.flatMap((classid) => [
      ["class", "show", "dev", dev, "classid", classid],
      ["filter", "show", "dev", dev, "parent", classid],
    ]),
  );
  // A class may disappear in between.
  const { stdout: all } = await host.run(enter(netns, ["tc", "-force", "-batch", "-"]), { input, accept: [0, 1] });
  return all.split(/^class \S+ /m).flatMap((part) => {
    const [first = "", ...lines] = part.split("\n");
    return parseFilters(lines.join("\n"), { dev, parent: first.split(" ")[0] ?? "" });
  });
}
