/** A chain, a set or a map in the text of a table. */
interface Block {
  readonly text: string;
  /** The parts that cannot be changed in an existing block: type, hook, comment and so on. */
  readonly declaration: string;
  /** The rules of a chain, or the elements of a set. */
  readonly contents: string;
}

interface Blocks {
  /** Blocks by their heads: `chain NAME`, `set NAME`, `map NAME`. */
  readonly blocks: ReadonlyMap<string, Block>;
  /** Everything else in the table, such as its comment. */
  readonly others: readonly string[];
}

/**
 * Commands that change one ruleset of a table into another, in one transaction. Chains and sets that do not differ remain,
 * with their counters and the elements that packets added. Undefined: the whole table must be loaded again, because
 * declarations cannot be changed, or because the order in which the kernel calls the chains would change.
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
  // A chain can be deleted when nothing jumps to it, and a set when no rule uses it.
  const emptied = [...isChanged, ...gone].map((head) => command("flush", head));
  const removed = gone.sort().map((head) => command("delete", head));
  const blocks = made.length > 0 ? [`table ${table} {`, ...made.map(([, { text }]) => text), "}"] : [];
  return [...emptied, ...blocks, ...removed].join("\n");
}

/** The properties of the table itself. nft accepts them only in the command that makes the table. */
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

/** Undefined: the text has parts that are not understood. */
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

/** The statements outside of braces: they end with a semicolon or a newline. Comments are removed. */
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
