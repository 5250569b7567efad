import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import fc from "fast-check";
import { environmentLines, readEnvironment } from "../../provider/src/host/environment";
import { loop, RemoteShell, request } from "../../provider/src/host/remote-shell";
import { duringScript } from "../../provider/src/host/ssh";
import { encode, quote } from "../../provider/src/host/text";
import { control, trickyTexts } from "./support/words";

const candidates = [
  ["sh", "-c"],
  ["bash", "-c"],
  ["dash", "-c"],
  ...["fish", "csh", "tcsh", "zsh", "ksh", "mksh"].map((shell) => [shell, "-c"]),
  ["busybox", "sh", "-c"],
];
const shells = candidates.filter(([shell]) =>
  ["/bin", "/usr/bin"].some((folder) => isExecutable(`${folder}/${shell}`)),
);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const special = fc.string({
  unit: fc.constantFrom(..."\\'\"`$!~*?[]{}()<>|;&#%^= \n\t-@:,.+/aZ0éß日🦀\u00a0\u0085\u2028\u3000\u200f"),
});
/** Any text that a command can get: all characters except NUL. */
const anyWord = fc
  .oneof(fc.constantFrom(...trickyTexts), special, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }))
  .map((text) => text.replaceAll("\0", ""));
const word = anyWord.filter((text) => !control.test(text));

test("sh, bash and dash are tested", () => {
  expect(shells.map(([shell]) => shell)).toEqual(expect.arrayContaining(["sh", "bash", "dash"]));
});

test.each(shells)("%s reads any quoted words as exactly these words", (shell = "", ...options) => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
      const line = quote(["printf", "%s|\\n", ...words]);
      const printed = execFileSync(shell, [...options, line], { encoding: "utf8" });
      expect(printed).toBe(words.map((each) => `${Buffer.from(each).toString()}|\n`).join(""));
    }),
    { numRuns: 150 },
  );
});

const printed = (words: readonly string[]) => words.map((each) => `${Buffer.from(each).toString()}|\n`).join("");

describe.each(shells.filter(([shell = ""]) => ["sh", "bash", "dash", "busybox"].includes(shell)))(
  "%s, kept open for commands",
  (shell = "", ...options) => {
    const open = (script: string) => [shell, ...options, script];
    const remote = new RemoteShell(open);
    afterAll(() => remote.close());

    test("the output of a login script is not in the output of the first command", async () => {
      const noisy = new RemoteShell((script) => [shell, ...options, `echo Welcome; echo to you >&2; ${script}`]);
      expect(await noisy.run(["echo", "one"], 15)).toEqual({ exitCode: 0, stdout: "one\n", stderr: "" });
      noisy.close();
    });

    test("passes any words and any input to a command unchanged, including line ends", async () => {
      const input = fc.oneof(special, fc.string({ unit: "binary" })).map((text) => text.replaceAll("\0", ""));
      await fc.assert(
        fc.asyncProperty(fc.array(anyWord, { maxLength: 12 }), input, async (words, text) => {
          const argv = ["sh", "-c", 'printf "%s|\\n" "$@"; cat >&2; exit 3', "sh", ...words];
          expect(await remote.run(argv, 15, { input: text })).toEqual({
            exitCode: 3,
            stdout: printed(words.length ? words : [""]),
            stderr: Buffer.from(text).toString(),
          });
        }),
        { numRuns: 60 },
      );
    });

    test("does not run a command that arrived only in part", () => {
      const [file = "", ...args] = open(loop);
      const whole = `END\n${request(["5", "echo", "one", "t\nwo"], "")}`;
      const output = (input: string) => spawnSync(file, args, { input, encoding: "utf8" }).stdout;
      const greeting = "END 0\n";
      expect(output(whole)).toBe(`${greeting}one t\nwo\nEND 0\n`);
      for (let length = "END\n".length; length < whole.length; length++) {
        expect(output(whole.slice(0, length))).toBe(greeting);
      }
    });

    test("passes any words to a command that runs longer", () => {
      fc.assert(
        fc.property(fc.array(anyWord, { minLength: 1, maxLength: 9 }), (words) => {
          const argv = ["printf", "%s|\\n", ...words].map(encode);
          expect(
            execFileSync(shell, [...options, duringScript, "sh", ...argv], { encoding: "utf8", stdio: "pipe" }),
          ).toBe(printed(words));
        }),
        { numRuns: 30 },
      );
    });

    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/).map((text) => `V_${text}`);
    const script = `${readEnvironment}; exec "$@"`;
    const started = (input: string) =>
      spawnSync(shell, [...options, script, "sh", "env", "-0"], { input, encoding: "utf8" }).stdout.split("\0");

    test("exports any variables that it reads, and starts nothing if they are cut off", () => {
      fc.assert(
        fc.property(fc.dictionary(name, anyWord, { minKeys: 1, maxKeys: 10 }), (variables) => {
          const lines = Object.entries(variables).map(([key, value]) => `${key}=${Buffer.from(value).toString()}`);
          expect(started(environmentLines(variables))).toEqual(expect.arrayContaining(lines));
        }),
        { numRuns: 50 },
      );
      const whole = environmentLines({ A: "1\n2", B: "3" });
      for (let length = 0; length < whole.length - 1; length++) expect(started(whole.slice(0, length))).toEqual([""]);
    });
  },
);

test("no line contains a line end or another control character", () => {
  const any = fc.array(fc.oneof(fc.string({ unit: "binary" }), special, word));
  fc.assert(
    fc.property(any, (words) => {
      const refused = words.some((each) => control.test(each));
      if (refused) expect(() => quote(words)).toThrow(expect.objectContaining({ code: "LN_INPUT" }));
      else expect(quote(words)).not.toMatch(control);
    }),
  );
});
