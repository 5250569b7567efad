import { LocalnetError } from "../../provider/src/errors";
import { openHost } from "../../provider/src/host";
import { eventually, hostUrl, settings, testHost, World } from "./support/world";

// All kinds rely on this: a command gets exactly its arguments, and its result is passed on unchanged.
const host = testHost();
const world = new World();
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

const awkward = [
  ...[
    "",
    " ",
    "a b",
    "  two  blanks  ",
    "'",
    '"',
    "it's",
    '"quoted"',
    "\\",
    "\\\\",
    "a\\'b",
    "\\n",
    "$HOME",
    "${HOME}",
    "$(id)",
    "`id`",
  ],
  ...[
    "*",
    "?",
    "[a-z]",
    "~",
    "~root",
    "!",
    "!!",
    "#comment",
    ";id",
    "|id",
    "&",
    "&&",
    "<",
    ">",
    "(",
    ")",
    "{a,b}",
    "%d",
    "%%",
    "^",
    "=",
    "a=b",
  ],
  ...["-n", "--", "--help", "é", "日本", "🦀", "a\u00a0b", "-e\\x41", "%COMSPEC%", "\u2028"],
];

async function failure(body: Promise<unknown>): Promise<LocalnetError> {
  const error = await body.then(
    () => new Error("it succeeded, and should have failed"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LocalnetError)) throw error;
  return error;
}

test("a command gets exactly the arguments that it is given", async () => {
  const { stdout } = await host.run(["printf", "<%s>\\n", ...awkward]);
  expect(stdout).toBe(awkward.map((word) => `<${word}>\n`).join(""));
});

test("its environment is PATH and LC_ALL, and nothing else", async () => {
  const names = (await host.run(["env"])).stdout.split("\n").map((line) => line.split("=")[0]);
  expect(names.filter((name) => name && !["PATH", "LC_ALL", "PWD", "_", "OLDPWD", "SHLVL"].includes(name))).toEqual([]);
});

test("its standard input is exactly what it is given, with any characters and line ends, or nothing", async () => {
  const input = `${awkward.join("\n")}\n\ttab\r\n\u0001`;
  expect((await host.run(["cat"], { input })).stdout).toBe(input);
  expect((await host.run(["cat"])).stdout).toBe("");
});

test("standard output and standard error are separate and complete", async () => {
  const script = "seq 1 20000; seq 1 5000 >&2";
  const { stdout, stderr } = await host.run(["sh", "-c", script]);
  expect(stdout.split("\n")).toHaveLength(20_001);
  expect(stderr.split("\n")).toHaveLength(5001);
});

test("standard error without a line end is passed on unchanged", async () => {
  const { stderr } = await host.run(["sh", "-c", "printf 'localnet-exit:7' >&2"]);
  expect(stderr).toBe("localnet-exit:7");
});

test.each([0, 1, 2, 126, 254, 255])("exit code %i is passed on unchanged", async (code) => {
  expect((await host.run(["sh", "-c", `exit ${code}`], { accept: "any" })).exitCode).toBe(code);
  if (code === 0) return;
  const error = await failure(host.run(["sh", "-c", `echo why >&2; exit ${code}`]));
  expect(error).toMatchObject({ code: "LN_COMMAND", command: { exitCode: code, stderr: "why\n" } });
});

test.each([124, 137])("exit code %i is passed on unchanged, and is no time-out", async (code) => {
  expect((await host.run(["sh", "-c", `exit ${code}`], { accept: "any" })).exitCode).toBe(code);
});

test("a command that hangs is killed in time, with all its children, on its host", async () => {
  const nap = `6${Date.now() % 100_000}`;
  const started = Date.now();
  const error = await failure(
    host.run(["sh", "-c", `trap "" TERM; sleep ${nap} & sleep ${nap}; wait`], { timeoutSeconds: 1 }),
  );
  expect(error).toMatchObject({ code: "LN_TIMEOUT" });
  expect(Date.now() - started).toBeLessThan(60_000);
  const napping = async () =>
    (await world.script(undefined, `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '`)).includes(`sleep ${nap} `);
  await eventually(async () => !(await napping()));
});

test("the settings limit commands that have no limit of their own", async () => {
  const impatient = openHost(hostUrl, { ...settings, timeoutSeconds: 1 });
  expect(await failure(impatient.run(["sleep", "20"]))).toMatchObject({ code: "LN_TIMEOUT" });
  await impatient.run(["sleep", "2"], { timeoutSeconds: 10 });
});

test("a command that is missing is named", async () => {
  const error = await failure(host.run(["lnt-no-such-command", "-x"], { accept: "any" }));
  expect(error).toMatchObject({ code: "LN_TOOL" });
  expect(error.message).toContain("lnt-no-such-command");
});

test("commands run at the same time, and their results are not mixed up", async () => {
  const words = Array.from({ length: 12 }, (_, index) => `w${index}`);
  const results = await Promise.all(
    words.map((word) => host.run(["sh", "-c", 'sleep 0.2; echo "$1"; echo "$1" >&2', "sh", word])),
  );
  expect(results.map(({ stdout, stderr }) => stdout + stderr)).toEqual(words.map((word) => `${word}\n${word}\n`));
});

test("a process that was started stays, in its own session, with its output in a file of mode 0600", async () => {
  const directory = `/tmp/${world.name("run")}`;
  const logFile = `${directory}/out.log`;
  world.finally(() => world.run("rm", "-rf", directory));
  await world.run("mkdir", directory);
  const argv = ["sh", "-c", 'echo "$1 $VARIABLE $PWD"; echo oops >&2; exec sleep 600', "sh", "it's $HOME"];
  await host.start(argv, { environment: { VARIABLE: "a 'b' $c" }, workingDirectory: "/usr", logFile });
  await eventually(async () => (await world.try("cat", logFile)).stdout === "it's $HOME a 'b' $c /usr\noops\n", 15);
  expect((await world.run("stat", "-c", "%a", logFile)).trim()).toBe("600");
  const pid = (
    await world.run(
      "sh",
      "-c",
      `ls -l /proc/[0-9]*/fd/1 2>/dev/null | grep '${logFile}$' | sed 's#.*/proc/\\([0-9]*\\)/.*#\\1#'`,
    )
  ).trim();
  world.finally(() => world.try("kill", "-KILL", pid));
  expect((await world.run("cut", "-d", " ", "-f", "6", `/proc/${pid}/stat`)).trim()).toBe(pid);
  await world.run("kill", pid);
});

test("a log in a folder that does not exist is an error, and the folder is not made", async () => {
  const directory = `/tmp/${world.name("nowhere")}`;
  const start = host.start(["true"], { environment: {}, workingDirectory: "/", logFile: `${directory}/log` });
  expect((await failure(start)).message).toContain(directory);
  expect((await world.try("ls", directory)).exitCode).not.toBe(0);
});

test("a line end or another control character in an argument has no special meaning", async () => {
  const words = ["a\nb", "\n", "tab\there", "\u001b[0m", "\u007f", "two\n\n", "\\n\n"];
  const { stdout } = await host.run(["printf", "<%s>\\n", ...words]);
  expect(stdout).toBe(words.map((word) => `<${word}>\n`).join(""));
});

test("a NUL character is refused, since the kernel would end the argument there", async () => {
  expect(await failure(host.run(["echo", "a\0b"]))).toMatchObject({ code: "LN_INPUT" });
});

test("a command that prints too much is killed, even if it ignores signals", async () => {
  const script = 'trap "" TERM PIPE; while :; do head -c 100000 /dev/zero 2>/dev/null; sleep 0.01; done';
  const error = await failure(host.run(["sh", "-c", script], { maxOutputBytes: 1_000_000 }));
  expect(error).toMatchObject({ code: "LN_OUTPUT" });
  expect((await host.run(["head", "-c", "1000000", "/dev/zero"], { maxOutputBytes: 1_000_000 })).stdout).toHaveLength(
    1_000_000,
  );
});

if (!hostUrl) {
  test("a child that keeps the output open after its command has ended is not waited for", async () => {
    const nap = `7${Date.now() % 100_000}`;
    const started = Date.now();
    const argv = ["sh", "-c", `echo $$; setsid sleep ${nap} &`];
    expect(await failure(host.run(argv, { timeoutSeconds: 2 }))).toMatchObject({ code: "LN_TIMEOUT" });
    expect(Date.now() - started).toBeLessThan(10_000);
    const { stdout } = await world.try("pgrep", "-f", `^sleep ${nap}$`);
    for (const pid of stdout.split("\n").filter(Boolean)) await world.try("kill", "-KILL", pid);
  });
}

test("a host that cannot be reached is named, with what to try: first after some time, later at once", async () => {
  const host = openHost("ssh://nobody@127.0.0.1:1", { ...settings, connectTimeoutSeconds: 3 });
  const started = performance.now();
  const error = await failure(host.run(["true"]));
  const waited = performance.now() - started;
  expect(waited).toBeGreaterThan(1000);
  await failure(host.run(["true"]));
  expect(performance.now() - started - waited).toBeLessThan(waited);
  expect(error).toMatchObject({ code: "LN_HOST" });
  expect(error.message).toContain("ssh://nobody@127.0.0.1:1");
  expect(error.message).toContain("fix:");
});
