import { execFileSync, spawn } from "node:child_process";
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openHost } from "../../provider/src/host";
import { checkFolder, localFolders, privateDirectory } from "../../provider/src/host/folders";
import { startScript } from "../../provider/src/host/ssh";
import { nobody } from "./support/attacker";

// Root writes a log at a path that another user has prepared. `shared` is like /tmp, `theirs` belongs to the other user.
const directory = mkdtempSync(join(tmpdir(), "localnet-logs-"));
const [shared, theirs, open, secret] = ["shared", "theirs", "open", "secret"].map((name) => join(directory, name)) as [
  string,
  string,
  string,
  string,
];
const host = openHost(undefined, { sudo: false });

beforeEach(() => {
  execFileSync("chmod", ["755", directory]);
  for (const path of [shared, theirs, open, secret]) mkdirSync(path);
  execFileSync("chmod", ["1777", shared]);
  execFileSync("chmod", ["777", open]);
  execFileSync("chmod", ["700", secret]);
  chownSync(theirs, nobody, nobody);
});
afterEach(() => {
  for (const path of [shared, theirs, open, secret]) rmSync(path, { recursive: true, force: true });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A file of the other user, readable by all. */
function plant(path: string, text = ""): void {
  writeFileSync(path, text);
  chownSync(path, nobody, nobody);
}

const cases: [what: string, prepare: () => string][] = [
  [
    "a file of another user, who would read it",
    () => {
      const path = join(shared, "log");
      plant(path);
      return path;
    },
  ],
  [
    "a pipe that another user reads",
    () => {
      const path = join(shared, "log");
      execFileSync("mkfifo", ["-m", "666", path]);
      chownSync(path, nobody, nobody);
      spawn("cat", [path], { stdio: "ignore" }).unref();
      return path;
    },
  ],
  [
    "a second name of another file of root's",
    () => {
      const path = join(shared, "log");
      writeFileSync(join(secret, "file"), "");
      linkSync(join(secret, "file"), path);
      return path;
    },
  ],
  [
    "a link",
    () => {
      const path = join(shared, "log");
      symlinkSync(join(secret, "file"), path);
      return path;
    },
  ],
  [
    "a file behind another user's link to root's folder",
    () => {
      symlinkSync(secret, join(shared, "logs"));
      execFileSync("chown", ["-h", String(nobody), join(shared, "logs")]);
      return join(shared, "logs", "file");
    },
  ],
  ["a file in another user's folder", () => join(theirs, "log")],
  ["a file in a folder that all may write to", () => join(open, "log")],
  [
    "a file below a folder that all may write to",
    () => {
      mkdirSync(join(open, "mine"));
      return join(open, "mine", "log");
    },
  ],
];

describe.each(cases)("a log that is %s", (_what, prepare) => {
  test("is refused, and nothing is written", async () => {
    const logFile = prepare();
    const start = host.start(["echo", "gotcha"], { environment: {}, workingDirectory: "/", logFile });
    await expect(start).rejects.toThrow(/LN_PERMISSION|LN_PROCESS/);
    await sleep(100);
    expect(existsSync(join(secret, "file")) ? readFileSync(join(secret, "file"), "utf8") : "").toBe("");
    for (const path of [join(theirs, "log"), join(open, "log")]) expect(existsSync(path)).toBe(false);
  });
});

/** The script that starts a process on a remote host, run here. */
function startByScript(log: string): number {
  const argv = ["-c", startScript, "localnet", log, "/", "/run/pulumi-localnet", "echo", "gotcha"];
  try {
    execFileSync("sh", argv, { input: ".\n", stdio: "pipe", timeout: 10_000 });
    return 0;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

test.each(cases.slice(0, 4))("a remote log that is %s is refused, and nothing is written", (_what, prepare) => {
  const log = prepare();
  expect(startByScript(log)).toBe(3);
  expect(existsSync(join(secret, "file")) ? readFileSync(join(secret, "file"), "utf8") : "").toBe("");
});

test("root's own remote log is made with mode 0600, and appended to", async () => {
  const log = join(secret, "log");
  expect(startByScript(log)).toBe(0);
  expect(startByScript(log)).toBe(0);
  await sleep(500);
  expect(readFileSync(log, "utf8")).toBe("gotcha\ngotcha\n");
  expect(execFileSync("stat", ["-c", "%a", log], { encoding: "utf8" })).toBe("600\n");
});

test("root's own symbolic link is followed, and its path is checked too", async () => {
  symlinkSync(secret, join(shared, "good"));
  await checkFolder(join(shared, "good"), localFolders);
  symlinkSync(open, join(secret, "bad"));
  symlinkSync("good/bad", join(shared, "through"));
  await expect(checkFolder(join(shared, "through"), localFolders)).rejects.toThrow("others may write to");
  symlinkSync("circle", join(shared, "circle"));
  await expect(checkFolder(join(shared, "circle"), localFolders)).rejects.toThrow("too many links");
});

test("the folder for ssh's control socket is not made where another user could replace it", async () => {
  await expect(privateDirectory(join(theirs, "ssh"))).rejects.toThrow("belongs to user 65534");
  await expect(privateDirectory(join(open, "ssh"))).rejects.toThrow("others may write to");
  expect(await privateDirectory(join(shared, "ssh"))).toBe(join(shared, "ssh"));
});
