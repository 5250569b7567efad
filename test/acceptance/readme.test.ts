import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, Stack, snapshot } from "./engine";
import { commandsOf } from "./pages";
import { Sandbox } from "./sandbox";

// Unit tests compare README's program with that of the template.
const template = join(root, "templates/localnet-typescript");
const base = mkdtempSync(join(tmpdir(), "localnet-readme-"));
const directory = join(base, "project");
let sandbox: Sandbox | undefined;

beforeAll(async () => {
  const answers = ["--name", "readme", "--description", "A lab", "--dir", directory];
  const env = { ...process.env, PULUMI_HOME: join(base, "home") };
  const made = await run(["pulumi", "new", template, "--generate-only", "--yes", ...answers], { env });
  expect(made).toMatchObject({ code: 0 });
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
});
afterAll(async () => {
  await sandbox?.close();
  rmSync(base, { recursive: true });
});

test("pulumi new makes the program from the template, with the given name, and it compiles", async () => {
  const file = (name: string, folder = directory) => readFileSync(join(folder, name), "utf8");
  expect(file("index.ts")).toBe(file("index.ts", template));
  expect(JSON.parse(file("package.json"))).toMatchObject({ name: "readme" });
  expect(await run(["npx", "tsc", "-p", "."], { cwd: directory })).toMatchObject({ code: 0, stdout: "" });
});

/** Runs the commands of a how-to page. */
const argvs = (page: string) => commandsOf(page).map((line) => line.split(" "));

test("the commands of docs/first-lab.md and docs/drift.md do what the pages say, and leave the host as it was", async () => {
  const host = await Sandbox.open();
  sandbox = host;
  const before = await snapshot([], host.enterArgv);
  const stack = new Stack(directory, "dev", {}, host.enterArgv);
  const result = async (commands: string[][]) => {
    const texts: string[] = [];
    for (const argv of commands) {
      const { code, text } = await run([...host.enterArgv, "env", "-C", directory, ...argv], { env: stack.env });
      expect({ argv, text, code }).toEqual({ argv, text, code: 0 });
      texts.push(text);
    }
    return texts;
  };
  const first = argvs("docs/first-lab.md");
  const [, up, ping, ports, list, graph, routes] = await result(first.slice(0, -1));
  expect(up).toMatch(/7 created/);
  expect(ping).toMatch(/0% packet loss/);
  expect(ports).toMatch(/veth0/);
  expect([list, graph]).toEqual([expect.stringMatching(/pod +Route/), expect.stringMatching(/subgraph .*"pod"/)]);
  expect(routes).toMatch(/default via 10.0.0.1 dev eth0/);

  const [, , differing, preview, repaired] = await result(argvs("docs/drift.md"));
  expect(differing).toMatch(/Bridge +br0 .* differs/);
  expect(differing).toMatch(/pod +Route .* gone/);
  expect(preview).toMatch(/1 to create/);
  expect(repaired).toMatch(/1 created/);
  await host.ip("netns", "exec", "pod", "ping", "-c", "1", "10.0.0.1");
  expect((await result(first.slice(-1)))[0]).toMatch(/7 deleted/);
  expect(await snapshot([], host.enterArgv)).toEqual(before);
  stack.removeState();
});
