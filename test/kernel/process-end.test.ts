import { diff } from "../../provider/src/core/diff";
import { create, read, remove, update } from "../../provider/src/core/lifecycle";
import { process as kind } from "../../provider/src/kinds";
import { alive, inputs, isAlive, pidsOf, shell, useProcesses, world } from "./support/processes";
import { eventually, settings } from "./support/world";

useProcesses();

test("delete also ends its children, and a process that ignores the signal", async () => {
  const script = 'trap "" TERM; sleep 600 & (trap "" TERM; sleep 601 & wait) & while :; do sleep 1; done';
  const { id, outputs } = await create(kind, inputs(shell(script), { stopTimeoutSeconds: 1 }), settings);
  await eventually(async () => (await alive()).length >= 4);
  await remove(kind, id, outputs, settings);
});

test("the signal is the one in stopSignal", async () => {
  const logFile = `/tmp/${world.name("int")}`;
  world.finally(() => world.run("rm", "-f", logFile));
  const script = 'trap "echo interrupted; exit 0" INT; echo up; while :; do sleep 0.2; done';
  const { id, outputs } = await create(kind, inputs(shell(script), { logFile, stopSignal: "SIGINT" }), settings);
  await eventually(async () => (await world.run("cat", logFile)) === "up\n");
  await remove(kind, id, outputs, settings);
  expect(await world.run("cat", logFile)).toBe("up\ninterrupted\n");
});

test("with a state of another boot, or of another process with that pid, delete signals nothing", async () => {
  const { id, outputs } = await create(kind, inputs(["sleep", "600"]), settings);
  for (const other of [{ bootId: "another" }, { startTime: Number(outputs.startTime) + 1 }]) {
    const stale = { ...outputs, ...other, owner: `${world.owner}/stale` };
    expect(await read(kind, id, stale, settings)).toBeUndefined();
    await remove(kind, id, stale, settings);
    expect(await alive()).toEqual([String(outputs.pid)]);
    // A process with the resource's mark is its process, whatever the state says.
    expect((await read(kind, id, { ...outputs, ...other }, settings))?.outputs).toEqual(outputs);
  }
  await remove(kind, id, outputs, settings);
});

test("it stays when the name of its namespace is removed, and delete still ends it", async () => {
  const other = world.netns("q");
  await world.addNetns(other);
  const { id, outputs } = await create(kind, inputs(["sleep", "600"], { netns: other }), settings);
  await world.run("ip", "netns", "del", other);
  expect(await read(kind, id, outputs, settings)).toBeDefined();
  await remove(kind, id, outputs, settings);
  expect(await isAlive(outputs.pid)).toBe(false);
});

test("if its namespace was deleted and made again by hand, the old process is replaced by one in the new namespace", async () => {
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
  // Without a state, as after a crash, and with a state.
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

/** A program that goes to the background like a daemon, after some seconds. */
const daemon = (seconds: number, then: string) => [
  ...["/usr/bin/python3", "-c"],
  `import os, time\ntime.sleep(${seconds})\nos.fork() and os._exit(0)\nos.setsid()\nos.fork() and os._exit(0)\n${then}`,
];

test.each([0, 0.5, 1.5])("a process that goes to the background after %s s is followed, and ended", async (seconds) => {
  const request = inputs(daemon(seconds, "print('there', flush=True)\ntime.sleep(600)"));
  const { id, outputs } = await create(kind, request, settings);
  // Before that it may still be in the session of its parent, like a child that a crash leaves behind.
  const isSettled = async () =>
    (await world.run("cat", String(outputs.log))) === "there\n" && (await alive()).length === 1;
  await eventually(isSettled, 30);
  const refreshed = await read(kind, id, outputs, settings);
  expect([String(refreshed?.outputs.pid)]).toEqual(await alive());
  expect(diff(kind, refreshed?.outputs ?? {}, outputs)).toEqual({ changes: false, replaces: [] });
  await remove(kind, id, outputs, settings);
});

test("a process that goes to the background and answers there becomes ready", async () => {
  const serve = "import socket\ns = socket.create_server(('127.0.0.1', 7001))\nwhile True: s.accept()";
  const ready = { tcp: { address: "127.0.0.1", port: 7001 }, timeoutSeconds: 30 };
  const { id, outputs } = await create(kind, inputs(daemon(0.3, serve), { ready }), settings);
  expect(await alive()).toEqual([String(outputs.pid)]);
  await remove(kind, id, outputs, settings);
});

test("the children of a crashed process are found: up replaces them, and destroy ends them", async () => {
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

test("a child that it starts when it gets the signal gets the signal too", async () => {
  const logFile = `/tmp/${world.name("late")}`;
  world.finally(() => world.run("rm", "-f", logFile));
  // The signal is blocked, and waits, until the child is ready for it.
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
