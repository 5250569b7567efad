import { hasCode } from "../errors";
import type { Host } from "../host";
import { enter } from "../host/netns";
import { wouldLoad } from "./modules";
import { changesOf, ofTable } from "./nft-blocks";

export const families = ["ip", "ip6", "inet", "arp", "bridge", "netdev"] as const;

export interface TableKey {
  readonly family: (typeof families)[number];
  readonly name: string;
}

interface Table {
  /** The text between its braces, as nft prints it, without counters and without elements that change by themselves. */
  readonly body: string;
  /** The table was made by iptables. */
  readonly isIptables: boolean;
}

/** A table; undefined: there is none. */
export async function readTable(
  host: Host,
  netns: string | undefined,
  { family, name }: TableKey,
): Promise<Table | undefined> {
  try {
    const { stdout, stderr } = await host.run(enter(netns, ["nft", "-s", "list", "table", family, name]));
    return parseTable(stdout, stderr);
  } catch (error) {
    if (hasCode(error, "LN_COMMAND") && /^Error: No such file or directory/m.test(error.command?.stderr ?? ""))
      return undefined;
    throw error;
  }
}

/** Parses the text of a table. The JSON of nft 1.0.6 lacks comments, and its differences would be hard to read. */
export function parseTable(text: string, stderr = ""): Table {
  const [, content = ""] = /^table [^\n]*\{[^\n]*\n(.*?)^\}/ms.exec(text) ?? [];
  const body = content.replace(/^\t(?:set|map) \S+ \{\n.*?^\t\}/gms, withoutPassing);
  return { body: withoutIndent(body), isIptables: /managed by iptables/.test(stderr) || isIptables(text) };
}

/** Removes the elements of a set if they expire, or if packets add them. */
function withoutPassing(set: string): string {
  const passing = /^\t\t(?:timeout |flags (?:\S+,)*(?:dynamic|timeout)\b)/m.test(set);
  return passing ? set.replace(/^\t\telements = \{.*?\}$\n/ms, "") : set;
}

function isIptables(text: string): boolean {
  return (
    /^table ip6? (filter|nat|mangle|raw|security) /m.test(text) &&
    /^\tchain (INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING) /m.test(text)
  );
}

export async function listTables(host: Host, netns: string | undefined): Promise<TableKey[]> {
  if (await wouldLoad(host, "nf_tables")) return [];
  const { stdout } = await host.run(enter(netns, ["nft", "list", "tables"]));
  return [...stdout.matchAll(/^table (\S+) (\S+)$/gm)].map(([, family, name]) => ({ family, name }) as TableKey);
}

/** Makes a table that does not exist, in one transaction, so that no packet meets only a part of it. */
export async function makeTable(
  host: Host,
  netns: string | undefined,
  { family, name }: TableKey,
  body: string,
): Promise<void> {
  const table = `table ${family} ${name}`;
  await load(host, netns, `create ${table} { ${ofTable(body)} }`, `${table} { ${body}\n}`);
}

/** Changes one ruleset into another, in one transaction too. What both have in common remains, if that is possible. */
export async function changeTable(
  host: Host,
  netns: string | undefined,
  { family, name }: TableKey,
  { was, is }: { readonly was: string; readonly is: string },
): Promise<void> {
  const changes = changesOf(`${family} ${name}`, was, is);
  if (changes === "") return;
  try {
    if (changes !== undefined) return await load(host, netns, changes);
  } catch (error) {
    // Nothing has changed. Loading the whole table may work, and then nft's errors have the line numbers of the ruleset.
    if (!hasCode(error, "LN_COMMAND")) throw error;
  }
  const table = `table ${family} ${name}`;
  await load(host, netns, `add ${table}; delete ${table}`, `${table} { ${is}\n}`);
}

/** The commands before a ruleset are on one line with its beginning, so that nft counts the lines as the user does. */
async function load(host: Host, netns: string | undefined, ...commands: string[]): Promise<void> {
  await host.run(enter(netns, ["nft", "-f", "-"]), { input: `${commands.join("; ")}\n` });
}

export async function deleteTable(host: Host, netns: string | undefined, { family, name }: TableKey): Promise<void> {
  await host.run(enter(netns, ["nft", "delete", "table", family, name]));
}

/** The text without common indentation, trailing blanks, and empty lines around it. */
export function withoutIndent(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const filled = lines.filter(Boolean);
  const indentation = filled.map((line) => /^\s*/.exec(line)?.[0] ?? "").reduce(common, filled[0] ?? "");
  return lines
    .map((line) => line.slice(indentation.length))
    .join("\n")
    .replace(/^\n+|\n+$/g, "");
}

function common(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}
