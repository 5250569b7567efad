import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import fc from "fast-check";
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
