import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { settingsIn } from "../../provider/src/pulumi/settings";
import { parseOptions, usage } from "../../scripts/bench/options.mjs";
import { commandsOf, namedIn } from "../acceptance/pages";
import { notRun, shown } from "./support/commands";

const root = join(__dirname, "../..");
const pages = [
  ...["README.md", "CONTRIBUTING.md", "provider/README.md"],
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ...readdirSync(join(root, "examples")).map((name) => `examples/${name}/README.md`),
].filter((page) => page.endsWith(".md") && existsSync(join(root, page)));
const commands = [...new Set(pages.flatMap((page) => [...commandsOf(page), ...namedIn(page)]))].sort();

test("each command of a page is run by a test, or has a reason why not, and no other command is listed", () => {
  expect([...Object.values(shown), ...Object.values(notRun)].flat().sort()).toEqual(commands);
});

test.each(Object.keys(shown))("the test that runs commands of pages exists: %s", (file) => {
  expect(existsSync(join(root, file))).toBe(true);
});

const settings = commands.flatMap((command) => {
  const [, name, value] = /^pulumi config set localnet:(\w+) (.*)$/.exec(command) ?? [];
  return name === undefined ? [] : [[name, value] as const];
});

test.each(settings)("the setting %s accepts %s, as a page says", (name, value) => {
  expect(String(settingsIn({ [name]: value })[name as keyof ReturnType<typeof settingsIn>])).toBe(value);
});

test("the bench has the options that a page uses", async () => {
  const [all = ""] = commands.filter((command) => command.startsWith("npm run bench -- --pods"));
  const words = [...all.replace("npm run bench -- ", "").matchAll(/"([^"]*)"|\S+/g)].map(
    ([word, text]) => text ?? word,
  );
  const { sizes, rounds } = parseOptions(words);
  const timed = (name: string) => sizes(name).map(({ count, rounds }) => `${count} x ${rounds}`);
  expect(["pods", "rules", "objects"].map(timed)).toEqual([["10 x 1", "100 x 1"], ["250 x 1"], []]);
  expect(rounds).toBe(1);
  const { stdout } = await promisify(execFile)("node", [join(root, "scripts/bench/cli.mjs"), "--help"]);
  expect(stdout).toBe(`${usage}\n`);
});
