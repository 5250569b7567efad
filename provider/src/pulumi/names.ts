import { createHash } from "node:crypto";

/** Behind a name that is cut: a dash and so many letters, which tell it from others that begin alike. */
const digestLength = 6;

/** A name of at most so many characters: as it is, or cut, with something behind it that is always the same for it. */
export function shortened(name: string, longest: number): string {
  if (name.length <= longest) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, digestLength);
  return `${name.slice(0, longest - digestLength - 1)}-${digest}`;
}

/**
 * The name of an object that the program gives none. `longest`: what its kind allows; undefined: it is the name of what is there
 * already, which is the resource's own.
 */
export function defaultName(longest: number | undefined, name: string, prefix = ""): string {
  return longest === undefined || prefix === "" ? name : shortened(`${prefix}${name}`, longest);
}
