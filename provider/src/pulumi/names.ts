import { createHash } from "node:crypto";

/** Length of the digest after a name that is cut. It distinguishes names that begin alike. */
const digestLength = 6;

/** A name of at most this many characters: unchanged, or cut and followed by a digest of the whole name. */
export function shortened(name: string, longest: number): string {
  if (name.length <= longest) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, digestLength);
  return `${name.slice(0, longest - digestLength - 1)}-${digest}`;
}

/**
 * The name of an object if the program gives none. `longest`: the limit of its kind; undefined: it names something that exists
 * already, so it is the resource's own name.
 */
export function defaultName(longest: number | undefined, name: string, prefix = ""): string {
  return longest === undefined || prefix === "" ? name : shortened(`${prefix}${name}`, longest);
}
