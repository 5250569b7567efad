import { createHash } from "node:crypto";
import type { Host } from "../../host";

/** Something in the kernel that a table of services is made of, and that is there or not as a whole. */
export interface Part {
  readonly layer: LayerName;
  /** What it is, in the tool's words: `chain KUBE-SVC-X of nat, ipv4`. No other part has the same. */
  readonly key: string;
  /** The name of the service that it belongs to; of none: `:ipv4` or `:ipv6`. */
  readonly group: string;
  /** What is written. Equal texts make equal objects. */
  readonly text: string;
}

/** Where in the kernel parts are, and by which tools they are made. A setting is not of them: it has a kind of its own. */
export type LayerName = "ipvs" | "nftables" | "iptables" | "settings";

/** How the parts of a layer are read and made. `P`: its parts; `K`: what it reads of the kernel. */
export interface Layer<P extends Part = Part, K = unknown> {
  read(host: Host, netns: string | undefined, families: readonly Family[]): Promise<K>;
  /** What the kernel has of a part, line by line; undefined: nothing. */
  linesOf(kernel: K, part: P): readonly string[] | undefined;
  /** Is it what was written, as far as that can be told from how the tool spells it? */
  isWhole(kernel: K, part: P, lines: readonly string[]): boolean;
  /** The kind and id of the objects whose owner only the ledger can name, of parts and of what the kernel has. */
  claimOf(part: P, netns: string | undefined): string | undefined;
  /** Does what an entry of the ledger names exist? */
  isThere(kernel: K, claim: string, owner: string): boolean;
  /** What is wanted and carries the mark of another: the object, and its owner. */
  takenBy?(
    kernel: K,
    wanted: readonly P[],
    owners: readonly string[],
  ): readonly [claim: string, holder: string] | undefined;
  /** Throws when what others have put into ours, or made of it, keeps that from going. */
  requireFree(change: Change<P, K>, kernels: Kernels): void;
  /** Makes what is wanted: parts that are changed or missing, and takes away what is ours and not wanted. */
  change(host: Host, change: Change<P, K>): Promise<void>;
  /** Takes away what other layers have used until they were changed. */
  finish?(host: Host, change: Change<P, K>): Promise<void>;
}

/** What was read of each layer. */
export type Kernels = Readonly<Partial<Record<LayerName, unknown>>>;

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
export type Digests = Readonly<Record<string, string>>;

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
export function digestAt(digests: Digests | undefined, group: string, index: number): string | undefined {
  const digest = digests?.[group]?.slice(index * digestLength, (index + 1) * digestLength);
  return digest === "" ? undefined : digest;
}

export const nodeGroup = (family: Family) => `:${family}`;
