/** A chain, a set or a map in the text of a table. */
interface Block {
  readonly text: string;
  /** What cannot be changed in one that is there: type, hook, comment and so on. */
  readonly declaration: string;
  /** Rules of a chain, elements of a set. */
  readonly contents: string;
}

interface Blocks {
  /** `chain NAME`, `set NAME`, `map NAME`, and what it is. */
  readonly blocks: ReadonlyMap<string, Block>;
  /** All else of the table, such as its comment. */
  readonly others: readonly string[];
}

/**
 * Commands that make one ruleset of a table from another, in one transaction: chains and sets that are the same stay as
 * they are, with what they have counted and what packets added to them. Undefined: all has to be loaded anew, since nothing
 * changes what is declared, or since the order matters in which the kernel calls chains.
 */
export function changesOf(table: string, was: string, is: string): string | undefined {
  const [had, has] = [blocksOf(was), blocksOf(is)];
  if (!had || !has || `${had.others}` !== `${has.others}` || `${hooks(had)}` !== `${hooks(has)}`) return undefined;
  const shared = [...had.blocks].filter(([head]) => has.blocks.has(head));
  if (shared.some(([head, { declaration }]) => has.blocks.get(head)?.declaration !== declaration)) return undefined;
  const changed = shared.filter(([head, { contents }]) => has.blocks.get(head)?.contents !== contents);
  const gone = [...had.blocks.keys()].filter((head) => !has.blocks.has(head));
  const isChanged = new Set(changed.map(([head]) => head));
  const made = [...has.blocks].filter(([head]) => !had.blocks.has(head) || isChanged.has(head));
  const command = (verb: string, head: string) => `${verb} ${head.replace(" ", ` ${table} `)}`;
  // A chain goes when nothing leads to it any more, and a set when no rule looks into it.
  const emptied = [...isChanged, ...gone].map((head) => command("flush", head));
  const removed = gone.sort().map((head) => command("delete", head));
  const blocks = made.length > 0 ? [`table ${table} {`, ...made.map(([, { text }]) => text), "}"] : [];
  return [...emptied, ...blocks, ...removed].join("\n");
}

/** What a table says of itself: it is heard only by the command that makes the table. */
export function ofTable(ruleset: string): string {
  const others = blocksOf(ruleset)?.others ?? [];
  return others
    .filter((each) => each.startsWith("comment "))
    .map((each) => `${each};`)
    .join(" ");
}

/** The chains that the kernel calls, in their order. */
function hooks({ blocks }: Blocks): string[] {
  return [...blocks.keys()].filter(
    (head) => head.startsWith("chain ") && blocks.get(head)?.declaration.includes(" hook "),
  );
}

/** Undefined: not all of the text is understood. */
function blocksOf(ruleset: string): Blocks | undefined {
  if (ruleset.includes("\\")) return undefined;
  const blocks = new Map<string, Block>();
  const others: string[] = [];
  for (const text of statements(ruleset)) {
    const [, kind, name, body = ""] = /^(chain|set|map)\s+([^\s{]+)\s*\{(.*)\}$/s.exec(text) ?? [];
    if (kind === undefined) {
      others.push(text);
      continue;
    }
    const head = `${kind} ${name}`;
    if (blocks.has(head)) return undefined;
    const isContent = (each: string) =>
      kind === "chain" ? !/^(type|policy|comment|flags|devices?)\b/.test(each) : /^elements\b/.test(each);
    const parts = statements(body);
    const declaration = parts.filter((each) => !isContent(each)).join(";");
    blocks.set(head, { text, declaration, contents: parts.filter(isContent).join("\n") });
  }
  return { blocks, others };
}

/** What stands between semicolons and ends of lines, outside of braces; without comments. */
function statements(text: string): string[] {
  const result: string[] = [];
  let [current, depth] = ["", 0];
  for (const [part] of text.matchAll(/"[^"\n]*"|#[^\n]*|[{};\n]|[^"#{};\n]+/g)) {
    if (part.startsWith("#")) continue;
    if (depth === 0 && (part === ";" || part === "\n")) {
      result.push(current.trim());
      current = "";
      continue;
    }
    if (part === "{") depth++;
    if (part === "}") depth--;
    current += part;
  }
  return [...result, current.trim()].filter(Boolean);
}
