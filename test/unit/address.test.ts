import { readFileSync } from "node:fs";
import { join } from "node:path";

const text = (path: string) => readFileSync(join(__dirname, "../..", path), "utf8");
const { homepage, bugs, repository } = JSON.parse(text("provider/package.json"));

test("the project's address is the same everywhere as in provider/package.json", () => {
  expect(homepage).toMatch(/^https:\/\/[^/]+\/[^ ]+[^/]$/);
  expect({ bugs, repository: repository.url }).toEqual({
    bugs: `${homepage}/issues`,
    repository: `git+${homepage}.git`,
  });
  const schema = JSON.parse(text("provider/schema.json"));
  for (const each of [schema.homepage, schema.repository, schema.logoUrl, schema.pluginDownloadURL])
    expect(each).toMatch(new RegExp(`^${homepage}(/|$)`));
});

test.each(["docs/languages.md", "examples/two-namespaces-go/go.mod", "examples/two-namespaces-go/main.go"])(
  "%s names the Go SDK by it",
  (path) => {
    const modules = [...text(path).matchAll(/[\w.-]+\.\w+\/[\w./-]*\/sdk\/go\b/g)].map(([name]) => name);
    expect([...new Set(modules)].filter((name) => !name.includes("pulumi/sdk/v3"))).toEqual([
      `${homepage.replace("https://", "")}/sdk/go`,
    ]);
  },
);
