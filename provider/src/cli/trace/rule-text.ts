/** A rule's text without its mark, and the owner in the mark. */
export function withoutMark(printed: string): { readonly text: string; readonly owner?: string } {
  const owner = /localnet:([^ "#]+)/.exec(printed)?.[1];
  const text = printed.replace(/ -m comment --comment ("(?:[^"\\]|\\.)*"|\S+)/, "");
  return { text, ...(owner !== undefined && { owner }) };
}
