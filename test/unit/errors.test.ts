import { symlinkSync } from "node:fs";
import { codes, hasCode, LocalnetError } from "../../provider/src/errors";
import { causes } from "../../provider/src/host/causes";
import { commandError } from "../../provider/src/host/command-error";
import { fileError } from "../../provider/src/host/files";
import { outputs, outputsOf } from "./support/command-outputs";

test("one message has the resource, the operation, the command, its output, and the fix", () => {
  const error = new LocalnetError("LN_EXISTS", "it exists already", {
    command: {
      argv: ["ip", "-n", "lab", "link", "add"],
      exitCode: 2,
      stderr: "RTNETLINK answers: File exists\nand more\n",
    },
    hint: "delete it",
  }).about({ kind: "Bridge", id: "br0@lab", op: "create" });
  expect(error.message).toBe(
    [
      "Bridge br0@lab: create: it exists already [LN_EXISTS]",
      "  ran:    ip -n lab link add   (exit 2)",
      "  stderr: RTNETLINK answers: File exists",
      "          and more",
      "  fix:    delete it",
    ].join("\n"),
  );
});

test("empty parts are left out", () => {
  expect(new LocalnetError("LN_INPUT", "no").message).toBe("no [LN_INPUT]");
  expect(new LocalnetError("LN_TIMEOUT", "no end", { command: { argv: ["a"], stderr: " \n" } }).message).toBe(
    "no end [LN_TIMEOUT]\n  ran:    a",
  );
});

test("long texts are cut in the middle, so that the message fits into a header of HTTP/2", () => {
  const long = `begin ${"\u{1f600}".repeat(50_000)} end`;
  const { message } = new LocalnetError("LN_PROCESS", long, { command: { argv: [long], stderr: long } });
  expect(message.match(/begin .* \.\.\. .* end/g)).toHaveLength(3);
  expect(encodeURI(message).length).toBeLessThan(64 * 1024);
});

test.each(outputs)("%s: %s", (stderr, code, text) => {
  const error = commandError(["some", "command"], { exitCode: 1, stderr });
  expect(error.code).toBe(code);
  expect(error.message).toContain(text);
});

test.each(outputsOf)("%s: %s: %s", (command, stderr, code, text) => {
  const error = commandError(command.split(" "), { exitCode: 2, stderr });
  expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
});

test.each(causes)("an output is recorded of which this is the cause: $summary", (cause) => {
  const all = [...outputs.map(([stderr]) => ["some command", stderr]), ...outputsOf];
  const isCause = ([command = "", stderr = ""]: readonly string[]) =>
    causes.find((each) => each.pattern.test(stderr) && (!each.command || each.command.test(command))) === cause;
  expect(all.filter(isCause)).not.toEqual([]);
});

test.each([
  [["nsenter", "--net=/run/netns/a", "--", "tee", "/proc/sys/net/x"], "tee: /proc/sys/net/x: Invalid argument\n"],
  [["ip", "netns", "exec", "a", "tee", "/proc/sys/net/x"], "tee: /proc/sys/net/x: Invalid argument\n"],
])("the summary of a failure in a namespace names the command and its output: %j", (argv, stderr) => {
  const error = commandError(argv, { exitCode: 1, stderr });
  expect(error.summary).toBe("tee failed: /proc/sys/net/x: Invalid argument");
  expect(commandError(argv, { exitCode: 1, stderr: "" }).summary).toBe("tee failed");
});

test("of several mistakes in a ruleset, the summary has the first, which causes the others", () => {
  const lines = ["/dev/stdin:1:9-12: Error: unknown chain hook", "/dev/stdin:2:1-1: Error: syntax error", "}", "^"];
  const { summary, hint } = commandError(["nft", "-f", "-"], { exitCode: 1, stderr: lines.join("\n") });
  expect({ summary, hint }).toMatchObject({ summary: "nft does not take the ruleset: unknown chain hook" });
  expect(hint).toContain("nft(8)");
});

/** System calls of this process: the error has the kernel's message and the name of the file. */
test.each([
  ["/proc/none", "LN_COMMAND", "symlink failed: no such file or directory"],
  ["/etc/passwd/none", "LN_COMMAND", "symlink failed: not a directory"],
])("a file that cannot be made: %s", (path, code, summary) => {
  let cause: unknown;
  try {
    symlinkSync("what it holds", path);
  } catch (error) {
    cause = error;
  }
  expect(fileError(cause)).toMatchObject({ code, summary, message: expect.not.stringContaining("what it holds") });
  expect(fileError(cause).message).toContain(`ran:    symlink ${path}`);
});

test.each([
  ["EROFS: read-only file system", "LN_PERMISSION", "a file system is mounted read-only", /^mount it read-write/],
  ["ENOSPC: no space left on device", "LN_COMMAND", "no space is left on the device of a file", /df -i of files$/],
  ["EACCES: permission denied", "LN_PERMISSION", "not permitted", /^run as root/],
])("the same with an error number: %s", (words, code, summary, hint) => {
  const cause = Object.assign(new Error(`${words}, symlink 'x' -> '/run/y'`), { syscall: "symlink", dest: "/run/y" });
  expect(fileError(cause)).toMatchObject({ code, summary, hint: expect.stringMatching(hint) });
});

/** The summary has the line with the cause, of several lines. */
test.each([
  [
    "iptables",
    "iptables v1.8.9 (nf_tables): bpf: error at instr 0\n\nTry `iptables -h' or more.",
    "bpf: error at instr 0",
  ],
  ["ip", 'macvlan: unknown option "x"?\nUsage: ... macvlan mode MODE\n\nMODE: private | vepa', 'unknown option "x"?'],
  ["tc", "Error: Exclusivity flag on.\nWe have an error talking to the kernel\n", "Exclusivity flag on."],
  [
    "ethtool",
    "ethtool: bad command line argument(s)\nFor more information run ethtool -h",
    "bad command line argument(s)",
  ],
])("the summary of the output of %s is its cause", (command, stderr, cause) => {
  expect(commandError([command], { exitCode: 1, stderr }).summary).toBe(`${command} failed: ${cause}`);
});

test("each code has a meaning, in a sentence", () => {
  for (const [code, meaning] of Object.entries(codes)) {
    expect(code).toMatch(/^LN_[A-Z]+$/);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  }
});

test("an error has its code, and other errors have none", () => {
  expect(hasCode(new LocalnetError("LN_TOOL", "x"), "LN_NETNS", "LN_TOOL")).toBe(true);
  expect(hasCode(new LocalnetError("LN_TOOL", "x"), "LN_NETNS")).toBe(false);
  expect(hasCode(new Error("LN_TOOL"), "LN_TOOL")).toBe(false);
});
