import { spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../kernel/support/world";
import { becomeNobody, nobody, root } from "./support/attacker";

// A user who may run sudo starts a process with a secret in its environment.
const directory = mkdtempSync(join(tmpdir(), "localnet-environment-"));
const [sudoers, sudoLog, logFile] = ["sudoers", "sudo.log", "out.log"].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
const secret = `HUNTER2\n'"$(id)\\ \u{1f511}`;

afterAll(() => rmSync(directory, { recursive: true }));

/** Runs in its own mount namespace, in which the user nobody may run everything by sudo, which logs to a file. */
const mounted = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/sudoers && exec "$@"', sudoers];
const program = `
  const { openHost } = require(${JSON.stringify(join(root, "provider/dist/host"))});
  ${becomeNobody}
  const [environment, logFile] = process.argv.slice(1).map((each) => Buffer.from(each, "hex").toString());
  const host = openHost(undefined, { sudo: true });
  host.start(["sleep", "987"], { environment: JSON.parse(environment), workingDirectory: "/", logFile })
    .then(() => process.exit(), (error) => { console.error(error.message); process.exit(1); });`;

function everyProcess(file: "cmdline" | "environ"): { pid: number; words: string[] }[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      return /^\d+$/.test(name)
        ? [{ pid: Number(name), words: readFileSync(`/proc/${name}/${file}`, "utf8").split("\0") }]
        : [];
    } catch {
      return [];
    }
  });
}

test("with sudo, a process's environment is in no command line and not in sudo's log, and the process has exactly it", async () => {
  chownSync(directory, nobody, nobody);
  writeFileSync(sudoers, `Defaults logfile=${sudoLog}\nnobody ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
  const hex = (text: string) => Buffer.from(text).toString("hex");
  const environment = { DB_PASSWORD: secret, IFS: "x", LC_MESSAGES: "de" };
  const argv = [...mounted.slice(1), process.execPath, "-e", program, hex(JSON.stringify(environment)), hex(logFile)];
  const environments: string[] = [];
  const starter = spawn("unshare", argv, { stdio: ["ignore", "ignore", "pipe"] });
  let ended = false;
  let stderr = "";
  starter.stderr.on("data", (data) => {
    stderr += data;
  });
  starter.once("exit", () => {
    ended = true;
  });
  const sleeps = () => everyProcess("cmdline").filter(({ words }) => words[0] === "sleep" && words[1] === "987");
  await eventually(async () => {
    environments.push(
      ...everyProcess("cmdline").flatMap(({ words }) => words.filter((word) => word.includes("HUNTER2"))),
    );
    return (ended && sleeps().length > 0) || stderr !== "";
  }, 30);
  expect(stderr).toBe("");
  const [sleeping] = sleeps();
  try {
    environments.push(
      ...everyProcess("cmdline").flatMap(({ words }) => words.filter((word) => word.includes("HUNTER2"))),
    );
    expect(environments).toEqual([]);
    expect(readFileSync(sudoLog, "utf8")).toContain("sleep 987");
    expect(readFileSync(sudoLog, "utf8")).not.toContain("HUNTER2");
    const words = everyProcess("environ").find(({ pid }) => pid === sleeping?.pid)?.words ?? [];
    expect(words.filter(Boolean).sort()).toEqual(
      [
        `DB_PASSWORD=${secret}`,
        "IFS=x",
        "LC_ALL=C",
        "LC_MESSAGES=de",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ].sort(),
    );
    const status = readFileSync(`/proc/${sleeping?.pid}/status`, "utf8");
    expect(status).toMatch(/^Uid:\t0\t/m);
  } finally {
    if (sleeping) process.kill(sleeping.pid, "SIGKILL");
  }
  expect(existsSync(logFile)).toBe(true);
});
