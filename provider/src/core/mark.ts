import { createHash } from "node:crypto";

const prefix = "localnet:";

/** The mark that an object carries: a link's alias, the comment of a rule, the environment of a process. */
export function markOf(owner: string): string {
  const safe = owner.replace(/[^A-Za-z0-9_.:$/@-]/g, "_").slice(0, 120);
  return `${prefix}${safe === owner ? owner : `${safe}-${digest(owner).toString("hex").slice(0, 8)}`}`;
}

/** The owner that a mark names: the given one if the mark is theirs, else the mark's own text. */
export function ownerIn(mark: string, owner: string): string {
  return mark === markOf(owner) ? owner : mark.replace(prefix, "");
}

/** Is this text a mark, and not something that others wrote in the same place? */
export function isMark(text: string): boolean {
  return text.startsWith(prefix);
}

/**
 * The least mark for a link's group: below 2^31, because ip prints larger numbers differently, and far above the small numbers
 * that people choose by hand.
 */
export const leastGroup = 0x40000000;

/** The mark as a number, for a link's group: the only mark that the kernel accepts in the call that makes a link. */
export function groupOf(owner: string): number {
  return (digest(owner).readUInt32BE() & 0x3fffffff) + leastGroup;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
