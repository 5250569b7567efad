import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { linkObjects } from "./kernel-links";
import { drawn, processObjects } from "./kernel-processes";
import { routeObjects, ruleObjects } from "./kernel-routes";

/** Something that is there, and how it is. */
export interface Thing {
  /** What it is, and where, for comparing. */
  readonly id: string;
  /** The same without names, to tell divergences of one cause from others. */
  readonly sort: string;
  readonly is: Readonly<Record<string, string>>;
}

/** All that is in the kernel, by what it is. */
export type Kernel = ReadonlyMap<string, Thing>;

const script = join(__dirname, "kernel-state.sh");
const limit = 64 * 1024 * 1024;

export async function readKernel(): Promise<Kernel> {
  const { stdout } = await promisify(execFile)("sh", [script], { maxBuffer: limit });
  const things = stdout
    .split(/^@@@ /m)
    .slice(1)
    .flatMap((text) => {
      const [name = "", ...parts] = text.split(/\n?^@@ /m);
      const netns = name.split("\n")[0] ?? "";
      if (netns === "texts") return textObjects(name.split("\n").slice(1));
      if (netns === "files") return fileObjects(name.split("\n").slice(1));
      return [
        { id: `${netns}: namespace`, sort: "namespace", is: {} },
        ...parts.flatMap((part) => objectsOf(netns, part)),
      ];
    });
  const kernel = new Map<string, Thing>();
  for (const thing of [...things, ...processObjects()]) {
    let id = thing.id;
    for (let copy = 2; kernel.has(id); copy++) id = `${thing.id} (${copy})`;
    kernel.set(id, { ...thing, id });
  }
  return kernel;
}

function objectsOf(netns: string, part: string): Thing[] {
  const [title = "", text = ""] = part.split(/\n(.*)/s);
  const lines = text.split("\n").filter(Boolean);
  if (title.startsWith("ip: ")) {
    const titles = title.slice("ip: ".length).split(", ");
    // Each command of the batch prints a line.
    if (lines.length !== titles.length) throw new Error(`${netns}: ${title}: ${text}`);
    return titles.flatMap((each, index) => objectsOf(netns, `${each}\n${lines[index]}`));
  }
  const json = () =>
    lines.length > 0 ? (JSON.parse(text.trim() === "[" ? "[]" : text) as Record<string, unknown>[]) : [];
  const unchanged = (sort: string, each: readonly string[]) =>
    each.map((line) => ({ id: `${netns}: ${sort} ${line}`, sort, is: {} }));
  if (title === "links") return linkObjects(netns, json());
  if (title.startsWith("routes")) return routeObjects(netns, title, json());
  if (title.startsWith("rules")) return ruleObjects(netns, title, json());
  if (title === "settings") return lines.flatMap((line) => setting(netns, line));
  if (title.startsWith("iptables")) return tableObjects(netns, title, lines);
  if (title === "neighbours" || title === "vlans")
    return unchanged(
      title,
      json().map((each) => JSON.stringify(each)),
    );
  if (title === "qdiscs")
    return unchanged(
      title,
      lines.filter((line) => !line.startsWith("qdisc noqueue ")),
    );
  if (title === "filters")
    return unchanged(
      title,
      // Of each priority, u32 has a table with a number that the kernel counts up.
      lines.map((line) =>
        line
          .replace(/index \d+ ref \d+ bind \d+/, "index")
          .replace(/\b(fh|ht) 8[0-9a-f]{2}\b/g, "$1 TABLE")
          .trim(),
      ),
    );
  if (title === "nft") return unchanged(title, foreignTables(text));
  return unchanged(
    title,
    lines.map((line) => line.replace(/ \d+: dev/, " dev").replace(/ initval \S+/, "")),
  );
}

/** The tables that are not of iptables, whose rules its own commands show: those it makes with its first rule, and keeps. */
function foreignTables(text: string): string[] {
  const tables = text
    .split(/^(?=table )/m)
    .filter((table) => !/^table ip6? (filter|nat|mangle|raw|security) /.test(table));
  return tables.join("").split("\n").filter(Boolean);
}

/** Settings that count, that say when or where something was, or that are the whole machine's. */
const moving =
  /nf_conntrack_count|nf_hooks_lwtunnel|\/(route\/gc_|stable_secret|mc_forwarding)|flow_limit|tcp_fastopen_key/;

function setting(netns: string, line: string): Thing[] {
  const [, key = "", value = ""] = /^\/proc\/sys\/([^:]+(?::[^:/]+)*?):(.*)$/.exec(line) ?? [];
  if (key === "" || moving.test(key)) return [];
  const sort = `setting ${key.replace(/(conf|neigh)\/(?!all|default)[^/]+/, "$1/LINK")}`;
  return [{ id: `${netns}: setting ${key}`, sort, is: { value: value.replace(/\s+/g, " ") } }];
}

/** Rules, and of those with a priority whether one that should come later precedes them. Others are in the order of the commands. */
function tableObjects(netns: string, title: string, lines: readonly string[]): Thing[] {
  let table = "";
  const highest = new Map<string, number>();
  return lines.flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    const where = `${netns}: ${title} ${table}`;
    // Built-in chains come with the first rule in any, and stay.
    if (line.startsWith(":"))
      return / (ACCEPT) /.test(line)
        ? []
        : [{ id: `${where} ${line.replace(/ \[.*/, "")}`, sort: `${title} chain`, is: {} }];
    if (!line.startsWith("-A")) return [];
    const chain = `${table} ${line.split(" ")[1]}`;
    const [, priority] = /localnet:\S+#(\d+)/.exec(line) ?? [];
    const before = highest.get(chain) ?? 0;
    if (priority !== undefined) highest.set(chain, Math.max(before, Number(priority)));
    const is = priority === undefined ? {} : { place: Number(priority) < before ? "too late" : "right" };
    return [{ id: `${where} ${line}`, sort: `${title} rule`, is }];
  });
}

/** Files by what they hold. */
function textObjects(lines: readonly string[]): Thing[] {
  return lines.filter(Boolean).map((line) => {
    const [sum = "", size = "", path = ""] = line.split(" ");
    return { id: `text ${path}`, sort: "text", is: { holds: `${sum} ${size}` } };
  });
}

function fileObjects(lines: readonly string[]): Thing[] {
  return lines.filter(Boolean).map((line) => {
    const [path = "", type = "", mode = "", ...target] = line.split(" ");
    const ledger = path.startsWith("/run/pulumi-localnet/owned/");
    // An entry of the ledger is named by what it is about, and says whose that is.
    const id = ledger
      ? `ledger ${target
          .join(" ")
          .replace(/\/[^/]*$/, "")
          .replace(/,"(?:namespace|incarnation)":"[\d ]+"/g, "")
          .replace(drawn, "by lot")} in ${path.replace(/^.*\/|:.*$/g, "") || "the host"}`
      : `file ${path}`;
    return { id, sort: ledger ? "ledger" : "file", is: { type, mode } };
  });
}

/** Something that is not as it should be. */
export interface Divergence {
  /** The same without names: of one cause, the same. */
  readonly sort: string;
  readonly text: string;
}

/** Where what is there is not as it should be. */
export function differences(should: Kernel, is: Kernel): Divergence[] {
  const missing = [...should.values()].filter(({ id }) => !is.has(id));
  const extra = [...is.values()].filter(({ id }) => !should.has(id));
  const changed = [...should.values()].flatMap((thing) => {
    const other = is.get(thing.id);
    if (!other) return [];
    const keys = [...new Set([...Object.keys(thing.is), ...Object.keys(other.is)])].filter(
      (key) => thing.is[key] !== other.is[key],
    );
    return keys.map((key) => ({
      sort: `${thing.sort} ${key}`,
      text: `${thing.id}: ${key}: should be ${thing.is[key] ?? "nothing"}, is ${other.is[key] ?? "nothing"}`,
    }));
  });
  const all = [
    ...missing.map(({ sort, id }) => ({ sort: `missing ${sort}`, text: `missing: ${id}` })),
    ...extra.map(({ sort, id }) => ({ sort: `left ${sort}`, text: `should not be: ${id}` })),
    ...changed,
  ];
  return withoutConsequences(all, missing, extra);
}

/** What is in a namespace, or about a link, that is itself missing, or should not be, says nothing more. */
function withoutConsequences(all: Divergence[], ...lists: readonly (readonly Thing[])[]): Divergence[] {
  const [missing = [], extra = []] = lists.map((list) => list.map(({ id }) => id));
  const spaces = [...missing, ...extra]
    .filter((id) => id.endsWith(": namespace"))
    .map((id) => id.replace(/ namespace$/, ""));
  const links = [...missing, ...extra]
    .flatMap((id) => /^(\S*: )link (\S+)$/.exec(id) ?? [])
    .filter((each) => !each.includes(": link"));
  const about = (text: string) => {
    const body = text.replace(/^(missing|should not be): /, "");
    if (body.endsWith(": namespace")) return false;
    if (spaces.some((each) => body.startsWith(each))) return true;
    if (/^\S*: link \S+$/.test(body)) return false;
    return links.some(
      (name) => !name.endsWith(": ") && new RegExp(`[ /]${name.replace(/[.]/g, "\\.")}([ /:]|$)`).test(body),
    );
  };
  return all.filter(({ text }) => !about(text));
}
