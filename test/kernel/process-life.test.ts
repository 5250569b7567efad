import type { Values } from "../../provider/src/core/check";
import { create, read, remove } from "../../provider/src/core/lifecycle";
import { process as kind } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { eventually, hostUrl, settings, testHost, World } from "./support/world";

const world = new World();
const netns = world.netns("p");
let count = 0;

/** Inputs of a process that nobody else owns. */
function inputs(command: string[], more: Values = {}): Values {
  count += 1;
  return { command, netns, owner: `${world.owner}/${count}`, ...(hostUrl && { host: hostUrl }), ...more };
}

async function alive(): Promise<string[]> {
  return (await world.run("ip", "netns", "pids", netns)).split("\n").filter(Boolean);
}

const shell = (script: string) => ["sh", "-c", script];

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));
afterEach(async () => expect(await alive()).toEqual([]));

test("its output goes to a file that only its user may read, and that goes with it", async () => {
  const { id, outputs } = await create(
    kind,
    inputs(shell("umask 0; echo hello; echo oops >&2; exec sleep 600"), { ready: { exec: ["true"] } }),
    settings,
  );
  const log = String(outputs.log);
  await eventually(async () => (await world.run("cat", log)) === "hello\noops\n");
  expect((await world.run("stat", "-c", "%a", log)).trim()).toBe("600");
  await remove(kind, id, outputs, settings);
  expect((await world.try("ls", log)).exitCode).not.toBe(0);
});

test("a log file of one's own is appended to and stays", async () => {
  const logFile = `/tmp/${world.name("log")}`;
  world.finally(() => world.run("rm", "-f", logFile));
  await world.script(undefined, `echo before > ${logFile}`);
  const { id, outputs } = await create(kind, inputs(shell("echo after; exec sleep 600"), { logFile }), settings);
  await remove(kind, id, outputs, settings);
  expect(await world.run("cat", logFile)).toBe("before\nafter\n");
});

test("a log file that is a link is refused: it could lead anywhere", async () => {
  const logFile = `/tmp/${world.name("link")}`;
  const victim = `/tmp/${world.name("victim")}`;
  world.finally(() => world.run("rm", "-f", logFile, victim));
  await world.run("ln", "-s", victim, logFile);
  await failure(() => create(kind, inputs(shell("echo gotcha; exec sleep 600"), { logFile }), settings));
  expect((await world.try("ls", victim)).exitCode).not.toBe(0);
});

test("one that never gets ready is ended, and the error shows the end of its output", async () => {
  const script = "for i in 1 2 3; do echo line $i; done; exec sleep 600";
  const error = await failure(() =>
    create(
      kind,
      inputs(shell(script), { ready: { tcp: { address: "127.0.0.1", port: 9 }, timeoutSeconds: 1 } }),
      settings,
    ),
  );
  expect(error).toMatchObject({ code: "LN_PROCESS" });
  expect(error.message).toMatch(/not ready within 1 s: nc: exit 1; .*\n {4}line 1\n {4}line 2\n {4}line 3/);
});

test("a readiness command that hangs counts as not ready", async () => {
  const started = Date.now();
  const error = await failure(() =>
    create(kind, inputs(["sleep", "600"], { ready: { exec: ["sleep", "500"], timeoutSeconds: 1 } }), settings),
  );
  expect(error).toMatchObject({ code: "LN_PROCESS" });
  expect(error.message).toContain("not ready within 1 s");
  expect(Date.now() - started).toBeLessThan(60_000);
});

test("one that ends at once is an error that shows its output", async () => {
  const error = await failure(() => create(kind, inputs(shell("echo no configuration; exit 3")), settings));
  expect(error).toMatchObject({ code: "LN_PROCESS" });
  expect(error.message).toContain("no configuration");
});

test("one that ends while it gets ready is an error that shows its output", async () => {
  const error = await failure(() =>
    create(
      kind,
      inputs(shell("echo starting; sleep 1; echo broken; exit 3"), { ready: { exec: ["false"] } }),
      settings,
    ),
  );
  expect(error).toMatchObject({ code: "LN_PROCESS" });
  expect(error.message).toMatch(/ended (before it was ready|as soon as it was started)[\s\S]*broken/);
});

test("a command that is not there is an error that names it", async () => {
  const error = await failure(() => create(kind, inputs(["/no/such/command"]), settings));
  expect(error.message).toContain("/no/such/command");
});

test("delete ends its children too, and one that ignores the signal", async () => {
  const script = 'trap "" TERM; sleep 600 & (trap "" TERM; sleep 601 & wait) & while :; do sleep 1; done';
  const { id, outputs } = await create(kind, inputs(shell(script), { stopTimeoutSeconds: 1 }), settings);
  await eventually(async () => (await alive()).length >= 4);
  await remove(kind, id, outputs, settings);
});

test("the signal is the one asked for", async () => {
  const logFile = `/tmp/${world.name("int")}`;
  world.finally(() => world.run("rm", "-f", logFile));
  const script = 'trap "echo interrupted; exit 0" INT; echo up; while :; do sleep 0.2; done';
  const { id, outputs } = await create(kind, inputs(shell(script), { logFile, stopSignal: "SIGINT" }), settings);
  await eventually(async () => (await world.run("cat", logFile)) === "up\n");
  await remove(kind, id, outputs, settings);
  expect(await world.run("cat", logFile)).toBe("up\ninterrupted\n");
});

test("a state of another boot or of another process of that number signals nothing", async () => {
  const { id, outputs } = await create(kind, inputs(["sleep", "600"]), settings);
  for (const other of [{ bootId: "another" }, { startTime: Number(outputs.startTime) + 1 }]) {
    const stale = { ...outputs, ...other };
    expect(await read(kind, id, stale, settings)).toBeUndefined();
    await remove(kind, id, stale, settings);
    expect(await alive()).toEqual([String(outputs.pid)]);
  }
  await remove(kind, id, outputs, settings);
});

test("it outlives the name of its namespace, and delete ends it all the same", async () => {
  const other = world.netns("q");
  await world.addNetns(other);
  const { id, outputs } = await create(kind, inputs(["sleep", "600"], { netns: other }), settings);
  await world.run("ip", "netns", "del", other);
  expect(await read(kind, id, outputs, settings)).toBeDefined();
  await remove(kind, id, outputs, settings);
  expect((await world.try("ls", "-d", `/proc/${outputs.pid}`)).exitCode).not.toBe(0);
});

test("nothing is left of the folder of logs that was not there", async () => {
  expect((await world.try("sh", "-c", `ls ${testHost().runDirectory} | grep ${world.tag}`)).stdout).toBe("");
});
