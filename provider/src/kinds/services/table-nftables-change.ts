import { LocalnetError } from "../../errors";
import type { NftContents } from "../../tools/nft-table";
import { ipOf } from "./nftables-text";
import { claimOf, type NftKernel, type NftPart, tableName } from "./table-nftables-plan";
import type { Change, Family } from "./table-parts";

/** What nft is told of the table of an IP version. */
export function commandsFor(change: Change<NftPart, NftKernel>, family: Family): string[] {
  const { kernel, wanted, former, changed, claimed, netns } = change;
  const table = kernel[family];
  const of = `${ipOf(family)} ${tableName}`;
  const parts = wanted.filter((part) => part.family === family);
  if (!table) return parts.length > 0 ? creation(parts, of) : [];
  const known = former.filter((part) => part.family === family).map(({ name }) => name);
  // Without a record, all of a table that the ledger says is ours was made by a run that died.
  const isOurs = claimed.has(claimOf(family, netns));
  const ourNames = known.length > 0 ? known : isOurs ? [...table.blocks.keys(), ...table.elements.keys()] : [];
  if (parts.length === 0) {
    if (ourNames.length === 0) return [];
    requireAlone(table, new Set(ourNames), of);
    return [`delete table ${of}`];
  }
  const names = new Set(parts.map(({ name }) => name));
  const gone = ourNames.filter((name) => !names.has(name));
  const remade = parts.filter((part) => changed.has(part.key) && part.name !== "table");
  return differences(table, of, gone, remade, parts);
}

function creation(parts: readonly NftPart[], of: string): string[] {
  const blocks = parts.filter(({ name, element }) => name !== "table" && !element);
  return [`create table ${of} { comment "rules for kube-proxy"; }`, ...loaded(of, blocks), ...added(of, parts)];
}

function loaded(of: string, blocks: readonly NftPart[]): string[] {
  if (blocks.length === 0) return [];
  const text = ({ name, declaration, rules }: NftPart) => [`${name} {`, ...declaration, ...rules, "}"].join("\n");
  return [`table ${of} {`, ...blocks.map(text), "}"];
}

/** An element in a command of its own: so many that one command holds are no faster, and nft says of which one is wrong. */
function added(of: string, parts: readonly NftPart[]): string[] {
  return parts.flatMap(({ element, text }) => (element ? [`add element ${of} ${element.set} { ${text} }`] : []));
}

/** What is not concerned stays: chains with what they counted, sets with what packets have added. */
function differences(
  table: NftContents,
  of: string,
  gone: readonly string[],
  remade: readonly NftPart[],
  all: readonly NftPart[],
): string[] {
  const there = (name: string) => table.blocks.has(name);
  const sameDeclaration = ({ name, declaration }: NftPart) =>
    table.blocks.get(name)?.declaration.length === declaration.length && name.startsWith("chain ");
  // What is declared otherwise is made anew, which takes that no rule leads to it.
  const anew = remade.filter((part) => !part.element && there(part.name) && !sameDeclaration(part));
  const anewNames = anew.map(({ name }) => name.split(" ")[1] ?? "");
  const leading = all.filter(
    (part) =>
      !remade.includes(part) &&
      !part.element &&
      part.rules.some((rule) => anewNames.some((name) => rule.split(/[\s@,]+/).includes(name))),
  );
  const blocks = [...remade.filter(({ element }) => !element), ...leading];
  const elements = all.filter(
    (part) => part.element && (remade.includes(part) || anewNames.includes(part.element.set)),
  );
  const drop = (name: string) => {
    const element = table.elements.get(name);
    return element && !anewNames.includes(element.set)
      ? [`delete element ${of} ${element.set} { ${element.key} }`]
      : [];
  };
  const command = (verb: string, name: string) => `${verb} ${name.replace(" ", ` ${of} `)}`;
  const goneBlocks = gone.filter(there);
  const chainsToEmpty = [...new Set([...goneBlocks, ...blocks.map(({ name }) => name)])].filter(
    (name) => there(name) && name.startsWith("chain "),
  );
  return [
    ...[...gone, ...elements.map(({ name }) => name)].flatMap(drop),
    ...chainsToEmpty.map((name) => command("flush", name)),
    ...anew.map(({ name }) => command("delete", name)),
    ...loaded(of, blocks),
    ...added(of, elements),
    ...goneBlocks.toSorted().map((name) => command("delete", name)),
  ];
}

/** Throws when others have put something into a table that is to go. */
function requireAlone({ blocks, elements }: NftContents, ourNames: ReadonlySet<string>, of: string): void {
  const others = [
    ...[...blocks.keys()].filter((name) => !ourNames.has(name)),
    ...[...elements].filter(([name]) => !ourNames.has(name)).map(([, { set, text }]) => `element ${text} of ${set}`),
  ];
  if (others.length === 0) return;
  throw new LocalnetError("LN_BUSY", `others have put into table ${of}: ${others.slice(0, 3).join("; ")}`, {
    hint: "delete that first",
  });
}
