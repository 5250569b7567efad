import type { Values } from "../../provider/src/core/check";
import { diff } from "../../provider/src/core/diff";
import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import { LocalnetError } from "../../provider/src/errors";
import { openHost } from "../../provider/src/host";
import { withEngine } from "../../provider/src/host/operation";
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

async function pidsOf(name: string): Promise<string[]> {
  return (await world.run("ip", "netns", "pids", name)).split("\n").filter(Boolean);
}

const alive = () => pidsOf(netns);

const shell = (script: string) => ["sh", "-c", script];

beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));
afterEach(async () => {
  const left = await alive();
  // What one test leaves does not fail the next one.
  if (left.length > 0) await world.run("kill", "-KILL", ...left);
  expect(left).toEqual([]);
});

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

test("one that was started, which its host could not say any more, is ended", async () => {
  const host = openHost(hostUrl, settings);
  const { start } = host;
  let started = false;
  host.start = async (...call) => {
    await start(...call);
    started = true;
    throw new LocalnetError("LN_HOST", "cut off");
  };
  try {
    expect(await failure(() => create(kind, inputs(["sleep", "600"]), settings))).toMatchObject({ code: "LN_HOST" });
  } finally {
    host.start = start;
  }
  expect([started, await alive()]).toEqual([true, []]);
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
  expect(error.message).toMatch(
    /not ready within 1 s: nc: exit 1, Connection refused; .*\n {4}line 1\n {4}line 2\n {4}line 3/,
  );
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
  // On a busy machine it may still be about to end when it is looked at. Not ten times in a row.
  for (let attempt = 1; attempt < 10; attempt++) {
    const args = inputs(shell("echo no configuration; exit 3"));
    const result = await create(kind, args, settings).catch((error: Error) => error);
    if (!(result instanceof Error)) {
      await remove(kind, result.id, result.outputs, settings);
      continue;
    }
    const error = await failure(() => Promise.reject(result));
    expect(error).toMatchObject({ code: "LN_PROCESS" });
    expect(error.message).toContain("no configuration");
    return;
  }
  throw new Error("it was never seen to end");
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
    const stale = { ...outputs, ...other, owner: `${world.owner}/stale` };
    expect(await read(kind, id, stale, settings)).toBeUndefined();
    await remove(kind, id, stale, settings);
    expect(await alive()).toEqual([String(outputs.pid)]);
    // What carries the resource's own mark is its process, whatever the state says.
    expect((await read(kind, id, { ...outputs, ...other }, settings))?.outputs).toEqual(outputs);
  }
  await remove(kind, id, outputs, settings);
});

const isAlive = async (pid: unknown) => (await world.try("ls", "-d", `/proc/${pid}`)).exitCode === 0;

test("it outlives the name of its namespace, and delete ends it all the same", async () => {
  const other = world.netns("q");
  await world.addNetns(other);
  const { id, outputs } = await create(kind, inputs(["sleep", "600"], { netns: other }), settings);
  await world.run("ip", "netns", "del", other);
  expect(await read(kind, id, outputs, settings)).toBeDefined();
  await remove(kind, id, outputs, settings);
  expect(await isAlive(outputs.pid)).toBe(false);
});

test("of a namespace that was deleted by hand and came back, the old process is replaced by one in the new one", async () => {
  const other = world.netns("r");
  await world.addNetns(other);
  const request = inputs(["sleep", "600"], { netns: other });
  const { id, outputs } = await create(kind, request, settings);
  await world.run("ip", "netns", "del", other);
  const refreshed = await read(kind, id, outputs, settings);
  expect(refreshed?.inputs.netns).toBe(`net:[${outputs.netnsInode}]`);
  expect(diff(kind, refreshed?.outputs ?? {}, outputs)).toEqual({ changes: true, replaces: ["netns"] });
  await world.addNetns(other);
  expect((await read(kind, id, outputs, settings))?.inputs.netns).toBe(`net:[${outputs.netnsInode}]`);
  // Without a state, as after a crash, and with one.
  const created = await create(kind, request, settings);
  expect(await isAlive(outputs.pid)).toBe(false);
  expect(await pidsOf(other)).toEqual([String(created.outputs.pid)]);
  await world.run("ip", "netns", "del", other);
  await world.addNetns(other);
  const updated = await update(kind, id, created.outputs, request, settings);
  expect(await isAlive(created.outputs.pid)).toBe(false);
  expect(await pidsOf(other)).toEqual([String(updated.pid)]);
  await remove(kind, id, updated, settings);
});

test.each([
  ["command", { command: ["sleep", "601"] }],
  ["environment", { environment: { A: "two" } }],
  ["workingDirectory", { workingDirectory: "/tmp" }],
  ["netns", { netns: undefined }],
])("after a crash, a process that was started with another %s is replaced", async (_input, change) => {
  const before = inputs(["sleep", "600"], { environment: { A: "one" }, workingDirectory: "/usr" });
  const { outputs: old } = await create(kind, before, settings);
  const same = await create(kind, before, settings);
  expect(same.outputs).toEqual(old);
  const { id, outputs } = await create(kind, { ...before, ...change }, settings);
  expect(outputs.pid).not.toBe(old.pid);
  expect(await isAlive(old.pid)).toBe(false);
  await remove(kind, id, outputs, settings);
  expect(await isAlive(outputs.pid)).toBe(false);
});

test("arguments and variables hold any text but NUL", async () => {
  const logFile = `/tmp/${world.name("text")}`;
  world.finally(() => world.run("rm", "-f", logFile));
  const program = 'import os, sys, time\nprint(sys.argv[1], os.environ["T"], flush=True)\ntime.sleep(600)';
  const odd = "zwei\n\tZeilen: \"ä\" 'é' \\ $HOME \u{1f600}";
  const { id, outputs } = await create(
    kind,
    inputs(["/usr/bin/python3", "-c", program, odd], { environment: { T: odd }, logFile }),
    settings,
  );
  await eventually(async () => (await world.run("cat", logFile)) === `${odd} ${odd}\n`, 30);
  await remove(kind, id, outputs, settings);
});

/** Goes to the background as daemons do, after a time. */
const daemon = (seconds: number, then: string) => [
  ...["/usr/bin/python3", "-c"],
  `import os, time\ntime.sleep(${seconds})\nos.fork() and os._exit(0)\nos.setsid()\nos.fork() and os._exit(0)\n${then}`,
];

test.each([0, 0.5, 1.5])("one that goes to the background after %s s is followed, and ended", async (seconds) => {
  const request = inputs(daemon(seconds, "print('there', flush=True)\ntime.sleep(600)"));
  const { id, outputs } = await create(kind, request, settings);
  // Before that it may still be in the session of the one that started it, as a child that a crash leaves is.
  const isSettled = async () =>
    (await world.run("cat", String(outputs.log))) === "there\n" && (await alive()).length === 1;
  await eventually(isSettled, 30);
  const refreshed = await read(kind, id, outputs, settings);
  expect([String(refreshed?.outputs.pid)]).toEqual(await alive());
  expect(diff(kind, refreshed?.outputs ?? {}, outputs)).toEqual({ changes: false, replaces: [] });
  await remove(kind, id, outputs, settings);
});

test("one that goes to the background and answers there gets ready", async () => {
  const serve = "import socket\ns = socket.create_server(('127.0.0.1', 7001))\nwhile True: s.accept()";
  const ready = { tcp: { address: "127.0.0.1", port: 7001 }, timeoutSeconds: 30 };
  const { id, outputs } = await create(kind, inputs(daemon(0.3, serve), { ready }), settings);
  expect(await alive()).toEqual([String(outputs.pid)]);
  await remove(kind, id, outputs, settings);
});

test("of one that crashed, its children are found: up replaces them, and destroy ends them", async () => {
  const request = inputs(shell("sleep 601 & sleep 600"));
  const { id, outputs } = await create(kind, request, settings);
  await eventually(async () => (await alive()).length === 3);
  await world.run("kill", "-KILL", String(outputs.pid));
  await eventually(async () => (await alive()).length === 2);
  const refreshed = await read(kind, id, outputs, settings);
  expect(diff(kind, refreshed?.outputs ?? {}, outputs)).toEqual({ changes: true, replaces: ["command"] });
  const children = await alive();
  const updated = await update(kind, id, outputs, request, settings);
  expect((await alive()).filter((pid) => children.includes(pid))).toEqual([]);
  await world.run("kill", "-KILL", String(updated.pid));
  await remove(kind, id, updated, settings);
});

test("a child that it starts when it is asked to end is asked to end too", async () => {
  const logFile = `/tmp/${world.name("late")}`;
  world.finally(() => world.run("rm", "-f", logFile));
  // Nothing may reach the child before it is ready: until then the signal is blocked, and waits.
  const script = `
    use POSIX; $| = 1; $term = POSIX::SigSet->new(SIGTERM);
    $SIG{TERM} = sub {
      sigprocmask(SIG_BLOCK, $term);
      exit if fork;
      $SIG{TERM} = sub { print "child asked\\n"; exit };
      sigprocmask(SIG_UNBLOCK, $term);
      sleep 1 while 1;
    };
    print "up\\n"; sleep 1 while 1`;
  const { id, outputs } = await create(kind, inputs(["perl", "-e", script], { logFile }), settings);
  await eventually(async () => (await world.run("cat", logFile)) === "up\n");
  await remove(kind, id, outputs, settings);
  expect(await world.run("cat", logFile)).toContain("child asked");
});

test("the log of one that crashed stays, and the next create begins another", async () => {
  const request = inputs(shell("echo once; exec sleep 600"));
  const { id, outputs } = await create(kind, request, settings);
  const log = String(outputs.log);
  await eventually(async () => (await world.run("cat", log)) === "once\n");
  await world.run("kill", "-KILL", String(outputs.pid));
  await eventually(async () => (await alive()).length === 0);
  expect(await read(kind, id, outputs, settings)).toBeUndefined();
  expect(await world.run("cat", log)).toBe("once\n");
  const again = await create(kind, request, settings);
  await eventually(async () => (await world.run("cat", log)) === "once\n");
  await remove(kind, id, again.outputs, settings);
});

test("a wait for readiness ends when the engine's time for the operation does", async () => {
  const request = inputs(["sleep", "600"], { ready: { exec: ["false"], timeoutSeconds: 60 } });
  const shown: string[] = [];
  const engine = { seconds: 2, show: (message: string) => shown.push(message) };
  const error = await failure(() => withEngine(engine, () => create(kind, request, settings)));
  expect(error.message).toMatch(/not ready within the time that customTimeouts allows, [12] s: false: exit 1/);
  expect(shown).toContain("waiting for exec false: false: exit 1");
});

test("nothing is left of the folder of logs that was not there", async () => {
  expect((await world.try("sh", "-c", `ls ${testHost().runDirectory} | grep ${world.tag}`)).stdout).toBe("");
});
