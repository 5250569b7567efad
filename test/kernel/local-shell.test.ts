import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHost } from "../../provider/src/host";
import { failure } from "./support/contract";
import { eventually, settings } from "./support/world";

// The tools of this machine run in shells that stay open. Each command still gets exactly its words and has its own result.
const processes: typeof import("node:child_process") = require("node:child_process");

const host = openHost(undefined, settings);
const directory = mkdtempSync(join(tmpdir(), "localnet-shell-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("few processes run many commands, also at the same time", async () => {
  const spawn = jest.spyOn(processes, "spawn");
  try {
    for (let count = 0; count < 5; count++) await host.run(["ip", "-V"]);
    expect(spawn.mock.calls.length).toBeLessThanOrEqual(1);
    const { length } = spawn.mock.calls;
    const answers = await Promise.all(Array.from({ length: 8 }, () => host.run(["ip", "-V"])));
    expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
    expect(spawn.mock.calls.length - length).toBeLessThanOrEqual(7);
  } finally {
    spawn.mockRestore();
  }
});

test("a tool gets exactly the words that it is given", async () => {
  const names = [
    "a b",
    " ",
    "'\"`$(id)${HOME}\\",
    "\\n",
    "two\nlines\n",
    "*",
    "-n",
    "tab\t",
    "\u0001\u007f",
    "日本 🦀",
    "%s",
  ];
  await host.run(["mkdir", "--", ...names.map((name) => join(directory, name))]);
  expect(readdirSync(directory).sort()).toEqual([...names].sort());
});

test("exit codes and both outputs are those of the command", async () => {
  const missing = join(directory, "missing");
  const { exitCode, stdout, stderr } = await host.run(["ls", "-d", directory, missing], { accept: "any" });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: `${directory}\n` });
  expect(stderr).toContain(missing);
  expect(await failure(() => host.run(["ls", missing]))).toMatchObject({ command: { exitCode: 2, stderr } });
});

test("more commands at a time than there are shells are not mixed up", async () => {
  const names = Array.from({ length: 30 }, (_, index) => join(directory, `many ${index}`));
  await Promise.all(names.map((name) => host.run(["mkdir", name])));
  const answers = await Promise.all(names.map((name) => host.run(["ls", "-d", name])));
  expect(answers.map(({ stdout }) => stdout)).toEqual(names.map((name) => `${name}\n`));
});

/** The processes that run a command line. */
function running(argv: readonly string[]): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const commandLine = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return undefined;
    }
  };
  return pids.filter((pid) => commandLine(pid) === `${argv.join("\0")}\0`).map(Number);
}

test("a command that hangs is killed in time, and the next one runs", async () => {
  const argv = ["ip", "monitor", "link", "dev", "lo"];
  expect(await failure(() => host.run(argv, { timeoutSeconds: 1 }))).toMatchObject({ code: "LN_TIMEOUT" });
  await eventually(async () => running(argv).length === 0);
  expect((await host.run(["ls", "-d", directory])).stdout).toBe(`${directory}\n`);
});

test("a command whose shell is killed fails, and the next one runs", async () => {
  const argv = ["ip", "monitor", "route", "dev", "lo"];
  const failed = failure(() => host.run(argv));
  await eventually(async () => running(argv).length === 1);
  const [pid = 0] = running(argv);
  const [, parent = "", group = ""] = /\) \S (\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
  expect(group).toBe(parent);
  process.kill(-Number(group), "SIGKILL");
  expect(await failed).toMatchObject({ code: "LN_COMMAND", command: { exitCode: 128 } });
  expect((await host.run(["ls", "-d", directory])).stdout).toBe(`${directory}\n`);
});
