/** What begins a command of nft. In a table there are only its parts: chains, sets and so on. */
const commands =
  /^(add|create|insert|replace|delete|destroy|flush|reset|list|rename|import|export|monitor|describe|table)\b/;

/** Why a text is not what may stand between the braces of a table; undefined: it may. */
export function badRuleset(text: string): string | undefined {
  const bare = withoutStrings(text);
  if (bare === undefined) return 'has a quotation mark (") without another on the same line';
  let depth = 0;
  for (const [index, line] of bare.split("\n").entries()) {
    const where = `line ${index + 1}: `;
    for (const part of line.split(/([{};])/)) {
      const words = part.trim();
      if (/^include\b/.test(words)) return `${where}must not include files: they are not in the state`;
      const [command] = (depth === 0 && commands.exec(words)) || [];
      if (command) return `${where}must not say "${command}": it is what stands between the braces of one table`;
      if (part === "{") depth++;
      if (part === "}") depth--;
      if (depth < 0) return `${where}must not close a brace that it has not opened`;
    }
  }
  return depth > 0 ? "must close the braces that it opens" : undefined;
}

/** The text without comments and what is in quotes; undefined where one does not end on its line. */
function withoutStrings(text: string): string | undefined {
  const bare = text.replace(/"[^"\n]*"|#[^\n]*/g, "");
  return bare.includes('"') ? undefined : bare;
}
