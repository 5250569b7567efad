/** A chain, set or map, as nft prints it. */
export function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.map((line) => `\t${line}`), "}"].join("\n");
}
