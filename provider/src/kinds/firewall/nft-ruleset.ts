/** The first words of nft's commands. A table contains only parts: chains, sets and so on. */
const commands =
  /^(add|create|insert|replace|delete|destroy|flush|reset|list|rename|import|export|monitor|describe|table)\b/;

/** Why a text cannot be the contents of a table; undefined: it can. */
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
      if (command) return `${where}must not contain the command "${command}", only the parts of one table`;
      if (part === "{") depth++;
      if (part === "}") depth--;
      if (depth < 0) return `${where}closes a brace that is not open`;
    }
  }
  return depth > 0 ? "must close all braces" : undefined;
}

/** The text without comments and quoted strings; undefined: a string does not end on its line. */
function withoutStrings(text: string): string | undefined {
  const bare = text.replace(/"[^"\n]*"|#[^\n]*/g, "");
  return bare.includes('"') ? undefined : bare;
}
