/** What ip prints with -j. It escapes line ends and quotes in names and aliases, and no other control character. */
export function parseJson(text: string): unknown {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON may not hold these in a string, and ip has them nowhere else.
  const valid = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return JSON.parse(valid.includes('"encap":') ? withEncapsulations(valid) : valid);
}

/**
 * Of an encapsulation ip prints keys that the route has too, in the same object, where the last of a name would count. They
 * get an object of their own.
 */
function withEncapsulations(text: string): string {
  const next = '"(?:tos":"|gateway|via|dev|nhid|nexthops|flags|table":"[^"]*","protocol|protocol)';
  return text.replace(new RegExp(`"encap":("[^"]+"(?:,.*?)??),(?=${next})`, "gs"), '"encap":{"encap":$1},');
}
