import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changes, run, type Snapshot, Stack, snapshot } from "./engine";
import { goEnv, must, prepareGo, goProgram as program } from "./go";
import { commandsOf } from "./pages";
import { native } from "./providers";
import { Sandbox } from "./sandbox";

const [, typescript, show] = native("examples/two-namespaces");

let sandbox: Sandbox;
let stack: Stack;
let before: Snapshot;
const state = () => snapshot([], sandbox.enterArgv);

beforeAll(async () => {
  await prepareGo(program);
  sandbox = await Sandbox.open();
  stack = new Stack(program, "test", goEnv, sandbox.enterArgv);
  before = await state();
  await stack.init();
});
afterAll(async () => {
  await sandbox?.close();
  stack?.removeState();
});

test("the SDK that is generated from the schema compiles, with the program", async () => {
  await must(["go", "vet", "."], program);
  await must(["go", "build", "-o", "/dev/null", "."], program);
  expect(await must(["go", "mod", "tidy", "-diff"], program)).toBe("");
});

test("the commands of docs/languages.md add the SDK to a Go project", async () => {
  const project = mkdtempSync(join(tmpdir(), "localnet-go-"));
  for (const name of ["go.mod", "go.sum", "main.go", "main_test.go", "sdks"])
    cpSync(join(program, name), join(project, name), { recursive: true });
  const module = "example.com/pulumi-localnet/sdk/go";
  await must(["go", "mod", "edit", `-droprequire=${module}`, `-dropreplace=${module}`], project);
  const commands = commandsOf("docs/languages.md").filter((line) => line.startsWith("go "));
  expect(commands).toHaveLength(2);
  for (const line of commands) await must(line.split(" "), project);
  const read = async (folder: string) => {
    const { Require, Replace } = JSON.parse(await must(["go", "mod", "edit", "-json"], folder));
    return { replace: Replace, require: Require.map((each: object) => JSON.stringify(each)).sort() };
  };
  expect(await read(project)).toEqual(await read(program));
  rmSync(project, { recursive: true });
});

test("its test brings the network up with the Automation API, cuts and repairs it, and destroys it", async () => {
  const argv = [...sandbox.enterArgv, "env", "-C", program, "go", "test", "-count=1", "."];
  const result = await run(argv, { env: { ...process.env, ...goEnv } });
  expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok /m) });
  expect(await state()).toEqual(before);
});

/** The resources of a preview. */
async function planned(of: Stack): Promise<string[]> {
  const { stdout } = await of.pulumi(["preview", "--json", ...of.target]);
  const steps = JSON.parse(stdout).steps as { urn: string }[];
  return steps
    .map(({ urn }) => urn.split("::").slice(2).join(" "))
    .filter((name) => name.includes("localnet:"))
    .sort();
}

test("it makes what examples/two-namespaces makes, and a preview changes nothing", async () => {
  const twin = new Stack(typescript, "test", {}, sandbox.enterArgv);
  await twin.init();
  expect(await planned(stack)).toEqual(await planned(twin));
  twin.removeState();
  expect(await state()).toEqual(before);
});

test("up makes it, its probes are answered, and there are no warnings", async () => {
  const { text } = await stack.up();
  expect(changes(text)).toEqual({ created: 6 });
  expect(text).not.toMatch(/warning/i);
  expect(await stack.outputs()).toEqual({ answered: [1, 1] });
  await sandbox.ip("netns", "exec", "left", "ping", "-c", "1", "10.90.0.2");
});

test("a second preview is empty, also after a refresh", async () => {
  await stack.unchanged();
  await stack.asRecorded();
  await stack.unchanged();
});

test("an update changes the links in place", async () => {
  const index = async () => JSON.parse(await sandbox.ip("-n", "left", "-j", "link", "show", "dev", "eth-left"))[0];
  const { ifindex } = await index();
  await stack.set({ mtu: "1300" });
  expect(changes((await stack.up()).text)).toEqual({ updated: 3, unchanged: 3 });
  expect(await index()).toMatchObject({ mtu: 1300, ifindex });
  await stack.unchanged();
});

test("a plain preview shows changes by hand, and up repairs them", async () => {
  await sandbox.ip("-n", "left", "link", "set", "dev", "eth-left", "mtu", "1400");
  await show(stack, { differs: ["eth-left"] });
  expect(changes((await stack.up()).text)).toEqual({ updated: 1, unchanged: 5 });
  await sandbox.ip("netns", "del", "right");
  await show(stack, { gone: ["right", "eth-left"] });
  expect(changes((await stack.up()).text)).toMatchObject({ created: 2 });
  await sandbox.ip("netns", "exec", "left", "ping", "-c", "1", "10.90.0.2");
  await stack.unchanged();
});

test("destroy leaves the host as it was", async () => {
  await stack.destroy();
  expect(await state()).toEqual(before);
});
