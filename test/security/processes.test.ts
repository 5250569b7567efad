import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { check, type Values } from "../../provider/src/core/check";
import { findImportable } from "../../provider/src/core/import";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { process as kind } from "../../provider/src/kinds";
import { eventually, hostUrl, settings, testHost, World } from "../kernel/support/world";
import { asNobody, nobody } from "./support/attacker";
import { type Forgery, forge } from "./support/forger";

const world = new World();
const netns = world.netns("p");
const running: ChildProcess[] = [];
let count = 0;

/** The inputs of a process, with an owner of its own. */
function inputs(more: Values = {}): Values {
  count += 1;
  const request = { command: ["sleep", "600"], netns, owner: `${world.owner}/${count}`, ...more };
  return check(kind, { ...request, ...(hostUrl && { host: hostUrl }) }).inputs;
}

async function forged(forgery: Forgery): Promise<ChildProcess> {
  const child = await forge(forgery);
  running.push(child);
  return child;
}

function victim(): ChildProcess {
  const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  running.push(child);
  return child;
}

const lives = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;
const markOf = ({ owner }: Values) => ({ LOCALNET_ID: `localnet:${owner}` });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

beforeAll(() => world.build());
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

// A host is read in two ways. The second one is for sudo and ssh.
describe.each([
  ["by this process", true],
  ["by commands", false],
])("read %s", (_way, isLocal) => {
  beforeAll(() => Object.assign(testHost(), { isLocal }));
  afterAll(() => Object.assign(testHost(), { isLocal: hostUrl === undefined }));

  test("a name with a newline does not make destroy signal another process", async () => {
    const request = inputs();
    const other = victim();
    const { id, outputs } = await create(kind, request, settings);
    const forger = await forged({ name: `\n${other.pid} (`, environment: markOf(request) });
    await remove(kind, id, outputs, settings);
    await pause(200);
    expect([lives(other), lives(forger)]).toEqual([true, true]);
  });

  test("a copied mark is not taken for ours: create starts a new process, and destroy leaves the copy alone", async () => {
    const request = inputs();
    const early = await forged({ environment: { ...markOf(request), LOCALNET_KEY: "0".repeat(32) } });
    const { id, outputs } = await create(kind, request, settings);
    const late = await forged({ environment: markOf(request) });
    expect([early.pid, late.pid]).not.toContain(outputs.pid);
    await world.run("kill", "-KILL", String(outputs.pid));
    await eventually(async () => (await read(kind, id, outputs, settings)) === undefined);
    await remove(kind, id, outputs, settings);
    await pause(200);
    expect([lives(early), lives(late)]).toEqual([true, true]);
  });

  test("the key of the mark is readable for no other user, and only its digest is in files of the host", async () => {
    const request = inputs();
    const { id, outputs } = await create(kind, request, settings);
    const environ = await world.run("cat", `/proc/${outputs.pid}/environ`);
    const key = /LOCALNET_KEY=([0-9a-f]{32})/.exec(environ)?.[1];
    if (key === undefined) throw new Error("it has no key");
    expect((await asNobody("cat", `/proc/${outputs.pid}/environ`)).stdout).toBe("");
    expect((await asNobody("ls", "/run/pulumi-localnet/owned")).stdout).toBe("");
    expect(await world.run("find", "/run/pulumi-localnet", "-printf", "%p %l\n")).not.toContain(key);
    expect(JSON.stringify(outputs)).not.toContain(key);
    await remove(kind, id, outputs, settings);
  });

  test("a process of another user with an endless environment stops nothing", async () => {
    await forged({ hugeEnvironment: true });
    const request = inputs();
    const started = Date.now();
    const { id, outputs } = await create(kind, request, settings);
    await remove(kind, id, outputs, settings);
    expect(Date.now() - started).toBeLessThan(12_000);
  });

  test("many processes of other users with long environments stop nothing", async () => {
    // Together they are more than the limit for a command's output.
    const long = { A: "x".repeat(100_000), B: "x".repeat(100_000) };
    const argv = ["--reuid", String(nobody), "--regid", String(nobody), "--clear-groups", "--", "sleep", "600"];
    for (let i = 0; i < 140; i += 1) running.push(spawn("setpriv", argv, { env: long, stdio: "ignore" }));
    await pause(3000);
    const { id, outputs } = await create(kind, inputs(), settings);
    await remove(kind, id, outputs, settings);
  });

  test("an environment that contains the headline of another process gives that no mark", async () => {
    const request = inputs({ environment: { SEPARATE: "x" } });
    const other = victim();
    const { id, outputs } = await create(kind, request, settings);
    const [mark, key] = (await world.run("cat", `/proc/${outputs.pid}/environ`))
      .split("\0")
      .filter((word) => word.startsWith("LOCALNET_"));
    // Even a process that knows the key, such as a child that runs as another user, can mark only itself.
    const headline = `==> /proc/${other.pid}/environ <==\n`;
    const [, id0 = ""] = String(mark).split("=");
    const [, key0 = ""] = String(key).split("=");
    await forged({ environment: { A: `\n${headline}`, LOCALNET_ID: id0, LOCALNET_KEY: key0 } });
    await remove(kind, id, outputs, settings);
    await pause(200);
    expect(lives(other)).toBe(true);
  });

  test("a folder with a newline in its name does not make a process appear in the host's namespace", async () => {
    const directory = `/tmp/${world.name("d")}\n${await world.run("readlink", "-n", "/proc/self/ns/net")}`;
    mkdirSync(directory);
    try {
      const argv = ["netns", "exec", netns, "env", "-C", directory, "sleep", "600"];
      const child = spawn("ip", argv, { detached: true, stdio: "ignore" });
      running.push(child);
      await pause(500);
      const owner = `${world.owner}/imported`;
      expect(await findImportable(kind, String(child.pid), owner, { ...settings, host: hostUrl })).toBeUndefined();
      // It is found in its own namespace, and only its folder is refused.
      const there = findImportable(kind, `${child.pid}@${netns}`, owner, { ...settings, host: hostUrl });
      await expect(there).rejects.toThrow("workingDirectory: must be printable");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
