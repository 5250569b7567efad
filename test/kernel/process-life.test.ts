import { create, read, remove } from "../../provider/src/core/lifecycle";
import { LocalnetError } from "../../provider/src/errors";
import { openHost } from "../../provider/src/host";
import { withEngine } from "../../provider/src/host/operation";
import { process as kind } from "../../provider/src/kinds";
import { failure } from "./support/contract";
import { alive, inputs, shell, useProcesses, world } from "./support/processes";
import { eventually, hostUrl, settings, testHost } from "./support/world";

useProcesses();

test("its output goes to a file that only its user may read, and that is removed with it", async () => {
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

test("a process that was started before the connection broke is ended", async () => {
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

test("a log file that the program names is appended to, and stays", async () => {
  const logFile = `/tmp/${world.name("log")}`;
  world.finally(() => world.run("rm", "-f", logFile));
  await world.script(undefined, `echo before > ${logFile}`);
  const { id, outputs } = await create(kind, inputs(shell("echo after; exec sleep 600"), { logFile }), settings);
  await remove(kind, id, outputs, settings);
  expect(await world.run("cat", logFile)).toBe("before\nafter\n");
});

test("a log file that is a symbolic link is refused, since it could lead anywhere", async () => {
  const logFile = `/tmp/${world.name("link")}`;
  const victim = `/tmp/${world.name("victim")}`;
  world.finally(() => world.run("rm", "-f", logFile, victim));
  await world.run("ln", "-s", victim, logFile);
  await failure(() => create(kind, inputs(shell("echo gotcha; exec sleep 600"), { logFile }), settings));
  expect((await world.try("ls", victim)).exitCode).not.toBe(0);
});

test("a process that does not become ready is ended, and the error shows the end of its output", async () => {
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

test("a process that ends at once is an error that shows its output", async () => {
  // On a busy machine it may still run when it is read, but not ten times in a row.
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

test("a process that ends before it is ready is an error that shows its output", async () => {
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

test("a command that does not exist is an error that names it", async () => {
  const error = await failure(() => create(kind, inputs(["/no/such/command"]), settings));
  expect(error.message).toContain("/no/such/command");
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

test("the log of a crashed process stays, and the next create begins another", async () => {
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
  expect(error.message).toMatch(/not ready within the time of customTimeouts, [12] s: false: exit 1/);
  expect(shown).toContain("waiting for exec false: false: exit 1");
});

test("the folder of logs has nothing left of these tests", async () => {
  expect((await world.try("sh", "-c", `ls ${testHost().runDirectory} | grep ${world.tag}`)).stdout).toBe("");
});
