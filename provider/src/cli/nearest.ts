import { distance } from "fastest-levenshtein";

/** How many names are offered in place of one that is not there. */
const offered = 3;

/** The names that are most like a word, the nearest first. */
export function nearest(word: string, names: readonly string[]): string[] {
  const far = (name: string) => distance(word.toLowerCase(), name.toLowerCase());
  const near = (name: string) => name.includes(word) || far(name) <= Math.max(2, Math.ceil(word.length / 3));
  return [...new Set(names)]
    .filter(near)
    .sort((a, b) => far(a) - far(b) || a.localeCompare(b))
    .slice(0, offered);
}

/** What to type in place of a name that is not there. */
export function suggestion(word: string, names: readonly string[], list: string): string {
  const near = nearest(word, names);
  return near.length > 0 ? `did you mean ${near.join(", ")}?` : `${list} lists what there is`;
}
