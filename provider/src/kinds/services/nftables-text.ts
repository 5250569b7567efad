import type { Family } from "./plan";

/** The IP version, as nft has it. */
export function ipOf(family: Family): "ip" | "ip6" {
  return family === "ipv6" ? "ip6" : "ip";
}

/** A chain, set or map, as nft prints it. */
export function block(head: string, lines: readonly string[]): string {
  return [`${head} {`, ...lines.map((line) => `\t${line}`), "}"].join("\n");
}
