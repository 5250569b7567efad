/** Parses the output of ip -j. ip escapes newlines and quotes in names and aliases, but no other control characters. */
export function parseJson(text: string): unknown {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ip prints these as they are, but only in strings.
  const valid = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return JSON.parse(valid.includes('"encap":') ? withEncapsulations(valid) : valid);
}

/**
 * An ip before 6.15 prints the keys of an encapsulation into the same object as those of the route. Some have the same name,
 * and the last one would win, so the encapsulation gets its own object, as ip 6.15 prints it.
 */
function withEncapsulations(text: string): string {
  const next = '"(?:tos":"|gateway|via|dev|nhid|nexthops|flags|table":"[^"]*","protocol|protocol)';
  return text.replace(new RegExp(`"encap":("[^"]+"(?:,.*?)??),(?=${next})`, "gs"), '"encap":{"encap_type":$1},');
}
