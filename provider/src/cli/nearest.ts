import { distance } from "fastest-levenshtein";

/** How many names are suggested in place of an unknown one. */
const offered = 3;

/** The names that are most similar to a word, the nearest first. */
export function nearest(word: string, names: readonly string[]): string[] {
  const far = (name: string) => distance(word.toLowerCase(), name.toLowerCase());
  const near = (name: string) => name.includes(word) || far(name) <= Math.max(2, Math.ceil(word.length / 3));
  return [...new Set(names)]
    .filter(near)
    .sort((a, b) => far(a) - far(b) || a.localeCompare(b))
    .slice(0, offered);
}

/** The hint for an unknown name. */
export function suggestion(word: string, names: readonly string[], list: string): string {
  const near = nearest(word, names);
  return near.length > 0 ? `did you mean ${near.join(", ")}?` : `${list} lists what there is`;
}
