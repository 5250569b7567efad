import type { ImportableObject } from "../core/discover";
import { visibleJson } from "../text";

/** Names that generated programs use for something else. */
const reserved = ["pulumi", "localnet", "null", "true", "false"];

/** The text of a file for `pulumi import --file`, with one line per resource. */
export function importFile(objects: readonly ImportableObject[]): string {
  const taken = new Set(reserved);
  const lines = objects.map(({ type, id }) => {
    const name = nameOf(type, id, taken);
    taken.add(name);
    const fields = Object.entries({ type: `localnet:index:${type}`, name, id });
    return `\n    { ${fields.map(([key, value]) => `"${key}": ${visibleJson(value)}`).join(", ")} }`;
  });
  return `{\n  "resources": [${lines.join(",")}\n  ]\n}\n`;
}

/** A name made from the id that is a valid variable in every language, with the type where it would not be unique. */
function nameOf(type: string, id: string, taken: ReadonlySet<string>): string {
  const short = id.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "");
  const long = `${type.charAt(0).toLowerCase()}${type.slice(1)}_${short}`;
  if (/^[A-Za-z]/.test(short) && !taken.has(short)) return short;
  for (let count = 1; ; count++) {
    const name = count === 1 ? long : `${long}_${count}`;
    if (!taken.has(name)) return name;
  }
}
