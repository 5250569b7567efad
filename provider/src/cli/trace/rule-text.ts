/** A rule as iptables prints it: without its mark, and whom that names. */
export function withoutMark(printed: string): { readonly text: string; readonly owner?: string } {
  const owner = /localnet:([^ "#]+)/.exec(printed)?.[1];
  const text = printed.replace(/ -m comment --comment ("(?:[^"\\]|\\.)*"|\S+)/, "");
  return { text, ...(owner !== undefined && { owner }) };
}
