import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import fc from "fast-check";
import { loop, RemoteShell } from "../../provider/src/host/remote-shell";
import { quote } from "../../provider/src/host/ssh";
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
  unit: fc.constantFrom(..."\\'\"`$!~*?[]{}()<>|;&#%^= \n\t-@:,.+/aZ0éß日🦀\u00a0\u0085\u2028\u200f"),
});
const word = fc
  .oneof(fc.constantFrom(...trickyTexts), special, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }))
  .filter((text) => !control.test(text));

test("sh, bash and dash are among the shells that are tried", () => {
  expect(shells.map(([shell]) => shell)).toEqual(expect.arrayContaining(["sh", "bash", "dash"]));
});

test.each(shells)("%s reads any words, quoted, as exactly these words", (shell = "", ...options) => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
      const line = quote(["printf", "%s|\\n", ...words]);
      const printed = execFileSync(shell, [...options, line], { encoding: "utf8" });
      expect(printed).toBe(words.map((each) => `${Buffer.from(each).toString()}|\n`).join(""));
    }),
    { numRuns: 150 },
  );
});

describe.each(shells.filter(([shell = ""]) => ["sh", "bash", "dash", "busybox"].includes(shell)))(
  "%s, kept open for commands",
  (shell = "", ...options) => {
    const open = (script: string, name: string) => [shell, ...options, script, name];
    const remote = new RemoteShell(open);
    afterAll(() => remote.close());

    test("gives a command any words and any input as they are", async () => {
      const input = fc.oneof(special, fc.string({ unit: "binary" })).map((text) => text.replaceAll("\0", ""));
      await fc.assert(
        fc.asyncProperty(fc.array(word, { maxLength: 40 }), input, async (words, text) => {
          const argv = ["sh", "-c", 'printf "%s|\\n" "$@"; cat >&2; exit 3', "sh", ...words];
          const expected = words.length ? words : [""];
          expect(await remote.run(argv, text, 15)).toEqual({
            exitCode: 3,
            stdout: expected.map((each) => `${Buffer.from(each).toString()}|\n`).join(""),
            stderr: Buffer.from(text).toString(),
          });
        }),
        { numRuns: 100 },
      );
    });

    test("does not run what has come in part, whoever sent it having died", () => {
      const [file = "", ...args] = open(loop, "END");
      const whole = ["4", "", "5", "echo", "one", "two", ""].join("\n");
      const told = (input: string) => spawnSync(file, args, { input, encoding: "utf8" }).stdout;
      expect(told(whole)).toBe("one two\nEND 0\n");
      for (let length = 0; length < whole.length; length++) expect(told(whole.slice(0, length))).toBe("");
    });
  },
);

test("a line end or another control character never gets into a line", () => {
  const any = fc.array(fc.oneof(fc.string({ unit: "binary" }), special, word));
  fc.assert(
    fc.property(any, (words) => {
      const refused = words.some((each) => control.test(each));
      if (refused) expect(() => quote(words)).toThrow(expect.objectContaining({ code: "LN_INPUT" }));
      else expect(quote(words)).not.toMatch(control);
    }),
  );
});
