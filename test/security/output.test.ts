import { randomUUID } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHost } from "../../provider/src/host";
import { RemoteShell } from "../../provider/src/host/remote-shell";
import { reach } from "../../provider/src/tools/traffic";
import { eventually } from "../kernel/support/world";

// The output of a command, or of a hostile host, takes limited time and memory.
const megabyte = 1024 * 1024;
const host = openHost(undefined, { sudo: false });
const here = (script: string) => ["sh", "-c", script];

/** The peak memory of this process, in bytes. */
function peak(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}

/** The memory and the processor time of a body. Other tests run at the same time. */
async function measured<T>(body: () => Promise<T>): Promise<{ seconds: number; memory: number; value: T }> {
  const [cpu, before] = [process.cpuUsage(), peak()];
  const value = await body();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (user + system) / 1e6, memory: peak() - before, value };
}

const failure = (body: Promise<unknown>) =>
  body.then(
    () => "it succeeded",
    (error) => error.code,
  );

test("a local command with endless output is killed at 16 MiB", async () => {
  const { seconds, memory, value } = await measured(() => failure(host.run(["yes"])));
  expect(value).toBe("LN_OUTPUT");
  expect(seconds).toBeLessThan(5);
  expect(memory).toBeLessThan(150 * megabyte);
});

test("a command that floods standard error is killed too, also at a smaller limit of the caller", async () => {
  expect(await failure(host.run(["sh", "-c", "yes >&2"], { maxOutputBytes: 64 * 1024 }))).toBe("LN_OUTPUT");
  expect(await failure(host.run(["sh", "-c", "yes | head -c 65000"], { maxOutputBytes: 64 * 1024 }))).toBe(
    "it succeeded",
  );
});

test("a remote command that prints 100 MB is stopped at 16 MiB", async () => {
  const shell = new RemoteShell(here);
  const { seconds, memory, value } = await measured(() =>
    failure(shell.run(["head", "-c", "100000000", "/dev/zero"], 60)),
  );
  expect(value).toBe("LN_OUTPUT");
  expect(shell.broken).toBe(true);
  expect(seconds).toBeLessThan(5);
  expect(memory).toBeLessThan(150 * megabyte);
});

test("the end of 60 MB is found in linear time", async () => {
  const shell = new RemoteShell(here);
  const argv = ["sh", "-c", "head -c 60000000 /dev/zero | tr '\\0' x"];
  const { seconds, value } = await measured(() => shell.run(argv, 60, { maxOutputBytes: 100 * megabyte }));
  shell.close();
  expect(value.stdout).toHaveLength(60_000_000);
  expect(seconds).toBeLessThan(6);
});

test("the connection to a host that sends without a request is closed, and takes no memory", async () => {
  const shell = new RemoteShell(() => ["yes"]);
  const { memory } = await measured(() => eventually(async () => shell.broken));
  expect(memory).toBeLessThan(50 * megabyte);
});

test("the connection to a host that sends no line end, or no number, is closed", async () => {
  const endless = new RemoteShell(() => here("IFS= read -r end; printf %s $end; printf %s $end >&2; exec yes x"));
  expect(await failure(endless.run(["true"], 5))).toBe("LN_OUTPUT");
  const echo = new RemoteShell(() => here("IFS= read -r end; echo $end none; echo $end >&2; sleep 60"));
  expect(await echo.run(["true"], 5)).toMatchObject({ exitCode: 128 });
  expect(echo.broken).toBe(true);
});

test("the output of a command that holds a lock, and of the connection to a host, is limited", async () => {
  const during = () => failure(host.during(here("yes >&2"), 20, async () => {}));
  const { memory, value } = await measured(during);
  expect(value).toBe("LN_COMMAND");
  expect(memory).toBeLessThan(50 * megabyte);

  const directory = mkdtempSync(join(tmpdir(), "localnet-output-"));
  const config = join(directory, "config");
  writeFileSync(config, "Host flood\n  ProxyCommand yes >&2\n");
  process.env.LOCALNET_SSH_CONFIG = config;
  try {
    const connect = await measured(() =>
      failure(openHost("ssh://flood", { sudo: false, connectTimeoutSeconds: 2 }).run(["true"])),
    );
    expect(connect.value).toBe("LN_HOST");
    expect(connect.memory).toBeLessThan(50 * megabyte);
  } finally {
    delete process.env.LOCALNET_SSH_CONFIG;
    rmSync(directory, { recursive: true });
  }
});

test("a web server with an endless answer fails a probe, and takes little memory", async () => {
  const endless = createServer((_request, response) => {
    const write = () => {
      while (response.write("x".repeat(64 * 1024)));
    };
    response.on("drain", write).on("error", () => {});
    write();
  });
  await new Promise<void>((resolve) => endless.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
  const request = () => reach(host, undefined, { http: { url, expectStatus: 200 } }, 20);
  const { memory, value } = await measured(() => Promise.all([request(), request(), request()]));
  endless.closeAllConnections();
  endless.close();
  expect(value.map(({ ok, failure: why }) => [ok, why])).toEqual(
    Array(3).fill([false, "an answer of more than 1048576 bytes"]),
  );
  expect(memory).toBeLessThan(100 * megabyte);
});

test("no command line contains the word that ends a command's output", async () => {
  const shell = new RemoteShell(here);
  const { end } = shell as unknown as { end: string };
  const word = randomUUID();
  const run = shell.run(["sh", "-c", "sleep 30", word], 30).catch(() => {});
  let lines: readonly string[] = [];
  await eventually(async () => {
    lines = ["cmdline", "environ"].flatMap(ofEachProcess);
    return lines.some((text) => text.includes(word));
  });
  shell.close();
  await run;
  expect(lines.filter((text) => text.includes(end))).toEqual([]);
});

/** The first megabyte of a file of each process. Another test has processes with an endless environment. */
function ofEachProcess(name: string): string[] {
  const bytes = Buffer.alloc(megabyte);
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const file = openSync(`/proc/${pid}/${name}`, "r");
        try {
          return [bytes.toString("utf8", 0, readSync(file, bytes))];
        } finally {
          closeSync(file);
        }
      } catch {
        return []; // it has ended
      }
    });
}
