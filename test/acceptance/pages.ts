import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");

/** The commands that a page shows in blocks, in their order, without comments. */
export function commandsOf(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const blocks = [...text.matchAll(/^ *```(\w*)\n(.*?)^ *```/gms)];
  return blocks.flatMap(([, language, block = ""]) => {
    const lines = block.trimEnd().split("\n");
    if (language !== "") return language === "sh" ? lines.map(bare) : [];
    // Lines of a terminal with a prompt, and commands in the output.
    return lines.flatMap((line) => {
      const [, typed, proposed] = /^(?:\$ (.*)| +(npm run .*?) {2,}.*)$/.exec(line) ?? [];
      return typed !== undefined ? [bare(typed)] : proposed !== undefined ? [proposed] : [];
    });
  });
}

/** The commands in its sentences. */
export function namedIn(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/^ *```.*?^ *```/gms, "");
  const named = text.matchAll(/`((?:npm|npx|node|pulumi|sudo|ssh|apt-get) [^`]+)`/g);
  return [...named].flatMap(([, line = ""]) => line.split(" && ").map(bare));
}

function bare(line: string): string {
  return line.replace(/ +# .*/, "").trim();
}
