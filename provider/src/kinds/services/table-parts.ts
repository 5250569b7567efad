import { createHash } from "node:crypto";
import type { Host } from "../../host";
import type { Node } from "./node";

/** Something in the kernel that a table of services is made of, and that is there or not as a whole. */
export interface Part {
  /** What it is, in the tool's words: `chain KUBE-SVC-X of nat, ipv4`. No other part has the same. */
  readonly key: string;
  /** The name of the service that it belongs to; of none: `:ipv4` or `:ipv6`. */
  readonly group: string;
  /** What is written. Equal texts make equal objects. */
  readonly text: string;
}

/** What a mode makes of a node, and how. `P`: its parts; `K`: what it reads of the kernel. */
export interface Mode<P extends Part = Part, K = unknown> {
  plan(node: Node, owner: string): P[];
  read(host: Host, netns: string | undefined, families: readonly Family[]): Promise<K>;
  /** What the kernel has of a part, line by line; undefined: nothing. */
  linesOf(kernel: K, part: P): readonly string[] | undefined;
  /** Is it what was written, as far as that can be told from how the tool spells it? */
  isWhole(kernel: K, part: P, lines: readonly string[]): boolean;
  /** The kind and id of the objects whose owner only the ledger can name, of parts and of what the kernel has. */
  claimOf(part: P, netns: string | undefined): string | undefined;
  /** Does what an entry of the ledger names exist? */
  isThere(kernel: K, claim: string): boolean;
  /** Makes what is wanted: parts that are changed or missing, and takes away what is ours and not wanted. */
  change(host: Host, change: Change<P, K>): Promise<void>;
}

export type Family = "ipv4" | "ipv6";

export interface Change<P extends Part, K> {
  readonly netns: string | undefined;
  readonly owner: string;
  /** Whose marks count as ours. */
  readonly owners: readonly string[];
  readonly kernel: K;
  readonly wanted: readonly P[];
  /** Of the parts that are wanted, those that have to be made, or made again. */
  readonly changed: ReadonlySet<string>;
  /** What was made before, as far as it is known. */
  readonly former: readonly P[];
  /** What the ledger says is ours: kinds and ids. */
  readonly claimed: ReadonlySet<string>;
}

const digestLength = 6;

/** By groups, what the kernel has of their parts, in few characters of each. */
export type Listed = Readonly<Record<string, string>>;

const missing = "-".repeat(digestLength);

export function digestOf(lines: readonly string[] | undefined): string {
  if (!lines) return missing;
  return createHash("sha256").update(lines.join("\n")).digest("base64url").slice(0, digestLength);
}

export function grouped<P extends Part>(parts: readonly P[]): Map<string, P[]> {
  const groups = new Map<string, P[]>();
  for (const part of parts) {
    const group = groups.get(part.group);
    if (group) group.push(part);
    else groups.set(part.group, [part]);
  }
  return groups;
}

/** The digest of the part at a place of its group, as it was listed; undefined: it was not. */
export function listedAt(listed: Listed | undefined, group: string, index: number): string | undefined {
  const digest = listed?.[group]?.slice(index * digestLength, (index + 1) * digestLength);
  return digest === "" ? undefined : digest;
}

export const nodeGroup = (family: Family) => `:${family}`;
