import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openHost } from "../../provider/src/host";
import { environment } from "../../provider/src/host/host";

// The environment of commands on this machine. These are real commands, and none of them needs root.
const host = openHost(undefined, { sudo: false });
const directory = mkdtempSync(join(tmpdir(), "localnet-surroundings-"));
const before = { ...process.env };
const umask = process.umask();

/** Variables that make a program load, run or read something. */
const hostile = {
  LD_PRELOAD: "/no/such/library.so",
  LD_LIBRARY_PATH: directory,
  LD_AUDIT: "/no/such/library.so",
  GCONV_PATH: directory,
  XTABLES_LIBDIR: directory,
  XTABLES_LOCKFILE: join(directory, "lock"),
  IPTABLES_LIB_DIR: directory,
  BASH_ENV: join(directory, "rc"),
  ENV: join(directory, "rc"),
  "BASH_FUNC_ip%%": "() { echo mine; }",
  SHELLOPTS: "xtrace",
  NODE_OPTIONS: "--require /no/such/module",
  PYTHONPATH: directory,
  MODPROBE_OPTIONS: "-C /no/such/folder",
  CURL_HOME: directory,
  http_proxy: "http://127.0.0.1:9",
  LANG: "de_DE.UTF-8",
  LC_MESSAGES: "de_DE.UTF-8",
  IFS: "/",
  PATH: directory,
  HOME: directory,
  TZ: ":/etc/passwd",
};
const expected = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
const lines = (text: string) => text.split("\n").filter(Boolean).sort();

beforeAll(() => Object.assign(process.env, hostile));
afterAll(() => {
  for (const key of Object.keys(hostile)) delete process.env[key];
  Object.assign(process.env, before);
  process.umask(umask);
  rmSync(directory, { recursive: true, force: true });
});

test("a command's environment is PATH and LC_ALL, whatever the provider's own is", async () => {
  expect(lines((await host.run(["env"])).stdout)).toEqual(expected.sort());
});

test("a process has that environment and its own variables, and only its user may read its log, also with umask 0", async () => {
  const logFile = join(directory, "out.log");
  process.umask(0);
  await host.start(["env"], { environment: { GIVEN: "a 'b' $c" }, workingDirectory: "/", logFile });
  process.umask(umask);
  const wanted = [...expected, "GIVEN=a 'b' $c"].sort();
  for (let tries = 0; tries < 50 && lines(readFileSync(logFile, "utf8")).length < wanted.length; tries++)
    await sleep(100);
  expect(lines(readFileSync(logFile, "utf8"))).toEqual(wanted);
  expect(statSync(logFile).mode & 0o777).toBe(0o600);
});

test("a log that is a symbolic link is refused, and its target is not made", async () => {
  const logFile = join(directory, "link.log");
  const victim = join(directory, "victim");
  symlinkSync(victim, logFile);
  const start = host.start(["echo", "gotcha"], { environment: {}, workingDirectory: "/", logFile });
  await expect(start).rejects.toThrow("ELOOP");
  expect(() => statSync(victim)).toThrow("ENOENT");
});

test("a log that is a pipe without a reader is refused, without waiting", async () => {
  const logFile = join(directory, "pipe.log");
  execFileSync("mkfifo", [logFile]);
  const start = host.start(["echo", "lost"], { environment: {}, workingDirectory: "/", logFile });
  await expect(start).rejects.toThrow("ENXIO");
});
