import type { Host } from "../host";
import { enter } from "../host/netns";

/** A chain, set or map of a table. */
export interface NftBlock {
  /** Type, hook, comment and so on, a line each. */
  readonly declaration: readonly string[];
  readonly rules: readonly string[];
}

/** What a table holds; blocks by `chain NAME`, `set NAME`, `map NAME`, elements by the name of their set and their key. */
export interface NftContents {
  readonly blocks: ReadonlyMap<string, NftBlock>;
  readonly elements: ReadonlyMap<string, NftElement>;
}

export interface NftElement {
  readonly set: string;
  readonly key: string;
  readonly text: string;
}

/** Reads what stands between the braces of a table, as nft prints it. */
export function parseContents(body: string): NftContents {
  const blocks = new Map<string, NftBlock>();
  const elements = new Map<string, NftElement>();
  for (const [, head = "", inner = ""] of body.matchAll(/^(\w[^\n]*) \{\n(.*?)^\}/gms)) {
    const text = inner.replace(/^\s*elements = \{(.*?)\}\s*$/ms, (_, list: string) => {
      for (const element of list.split(",").map(elementOf)) {
        const set = head.split(" ")[1] ?? "";
        elements.set(`${set} ${element.key}`, { set, ...element });
      }
      return "";
    });
    const lines = text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    const isDeclared = (line: string) =>
      !head.startsWith("chain ") || /^(type|policy|comment|flags|devices?)\b/.test(line);
    blocks.set(head, {
      declaration: lines.filter(isDeclared),
      rules: lines.filter((line) => !isDeclared(line)),
    });
  }
  return { blocks, elements };
}

function elementOf(printed: string): { key: string; text: string } {
  const text = printed.trim().replace(/\s+/g, " ");
  return { text, key: text.replace(/ (?:comment "[^"]*"|: ).*$/, "") };
}

/** Does what the commands say, in one transaction. */
export async function runNft(host: Host, netns: string | undefined, commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return;
  await host.run(enter(netns, ["nft", "-f", "-"]), { input: `${commands.join("\n")}\n` });
}
