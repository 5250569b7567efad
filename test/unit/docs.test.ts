import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { programOf } from "../../provider/src/cli/command";
import { kinds } from "../../provider/src/kinds";

const root = join(__dirname, "../..");
const pages = ["README.md", "CONTRIBUTING.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];
const text = (page: string) => readFileSync(join(root, page), "utf8");
const rows = (page: string) => text(page).match(/^\|.*\|$/gm) ?? [];

/** Paths in programs of tests, and on a user's machine. */
const elsewhere = /^node_modules/;

test.each(pages.filter((page) => page.endsWith(".md")))("every path that %s names exists", (page) => {
  const links = [...text(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = ""]) =>
    join(dirname(page), path),
  );
  const named = [...text(page).matchAll(/`((?:provider|test|scripts|docs|examples|bench)\/[\w./-]*)`/g)].map(
    ([, path = ""]) => path,
  );
  const missing = [...links, ...named].filter((path) => !elsewhere.test(path) && !existsSync(join(root, path)));
  expect(missing).toEqual([]);
});

test.each(Object.values(kinds).map((kind) => [kind.type, kind] as const))(
  "%s has its rows in the tables of the documentation",
  (type, kind) => {
    // A table may have a single row for all links.
    const names = [type, ...(kind.tags?.includes("link") ? ["Links of every kind"] : [])];
    const named = (page: string) =>
      rows(page).some((row) => names.some((name) => new RegExp(`\\b${name}\\b`).test(row.split("|")[1] ?? "")));
    // These make no object, so they have no owner.
    if (!["Probe", "WireguardKey"].includes(type))
      expect({ page: "docs/ownership.md", row: named("docs/ownership.md") }).toMatchObject({ row: true });
    if (kind.imports) expect({ page: "docs/import.md", row: named("docs/import.md") }).toMatchObject({ row: true });
    expect({ page: "README.md", row: named("README.md") }).toMatchObject({ row: true });
  },
);

const scripts: object = JSON.parse(text("package.json")).scripts;

test.each(pages.filter((page) => page.endsWith(".md")))(
  "every command of localnet and npm run that %s names is one",
  async (page) => {
    const named = (command: RegExp) => [...text(page).matchAll(command)].map(([, words = ""]) => words.trim());
    for (const name of named(/npm run (?:-s )?([\w:-]+)/g)) expect(scripts).toHaveProperty([name]);
    jest.spyOn(console, "log").mockImplementation();
    for (const line of named(/npx localnet ([^|><#)`\n]+)/g)) {
      // Only parsed. "..." stands for more text.
      const words = line.split(/\s+/).filter((word) => word !== "...");
      const read = programOf(async () => {}).parseAsync(words, { from: "user" });
      // --help ends the command.
      await read.catch((error) => expect([line, error]).toMatchObject([line, { exitCode: 0 }]));
    }
  },
);

test.each(["docs/hosts.md", "docs/installation-configuration.md"])(
  "%s has every setting, with its variable",
  (page) => {
    const { variables } = JSON.parse(text("provider/schema.json")).config;
    const missing = Object.entries(variables as Record<string, { defaultInfo: { environment: string[] } }>).filter(
      ([name, { defaultInfo }]) =>
        !rows(page).some((row) =>
          new RegExp(`^\\| \`(localnet:)?${name}\` .*\`${defaultInfo.environment[0]}\``).test(row),
        ),
    );
    expect(missing).toEqual([]);
  },
);

test.each(["README.md", "docs/_index.md", "provider/README.md"])(
  "the program of %s is the template's, which a test brings up",
  (page) => {
    expect(text(page)).toContain(`\`\`\`ts\n${text("templates/localnet-typescript/index.ts")}\`\`\``);
  },
);

test("the development container has a supported Node.js, and runs the setup of CONTRIBUTING", () => {
  const { image, postCreateCommand } = JSON.parse(text(".devcontainer/devcontainer.json"));
  const { engines, scripts } = JSON.parse(text("package.json"));
  const [, major = ""] = /^node:(\d+)-bookworm$/.exec(image) ?? [];
  expect(Number(major)).toBeGreaterThanOrEqual(Number.parseInt(engines.node.replace(">=", ""), 10));
  const [, once = ""] = /Once: .*?```sh\n(.*?)```/s.exec(text("CONTRIBUTING.md")) ?? [];
  for (const command of postCreateCommand.split(" && ")) {
    expect(once).toMatch(new RegExp(`^${command}\\b`, "m"));
    if (command.startsWith("npm run ")) expect(scripts).toHaveProperty(command.slice("npm run ".length));
  }
});

test("README has at most 1200 words", () => {
  expect(text("README.md").split(/\s+/).length).toBeLessThan(1200);
});

test("the comparison has the rows and the tools of the one in README, and a source for each cell", () => {
  const cells = (page: string) =>
    rows(page)
      .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
      .filter(([, first]) => !first?.startsWith("---"));
  const families = cells("README.md");
  const start = families.findIndex(([, , script]) => script === "A shell script");
  const [head = [], ...sources] = cells("docs/comparison.md");
  expect(families[start]?.slice(3, 7)).toEqual(head.slice(2, 6));
  expect(families.slice(start + 1, start + 1 + sources.length).map(([, what]) => what)).toEqual(
    sources.map(([, what]) => what),
  );
  const without = sources.flatMap(([, what, ...tools]) =>
    tools
      .slice(0, 4)
      .filter((cell) => !cell.includes("](https://"))
      .map((cell) => [what, cell]),
  );
  expect(without).toEqual([]);
});
