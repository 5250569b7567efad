import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { quote } from "../../provider/src/host/ssh";

const words = [
  ...[
    "",
    " ",
    "a b",
    "'",
    '"',
    "it's",
    '"quoted"',
    "\\",
    "\\\\",
    "\\n",
    "$HOME",
    "${HOME}",
    "$(id)",
    "`id`",
    "*",
    "?",
    "[a]",
  ],
  ...[
    "~",
    "!",
    "!!",
    "#c",
    ";id",
    "|id",
    "&",
    ">",
    "<",
    "(",
    ")",
    "{a,b}",
    "%d",
    "^",
    "=",
    "a=b",
    "-n",
    "--",
    "é",
    "日本",
    "🦀",
    "\u00a0",
  ],
];

const shells = ["sh", "bash", "dash", "fish", "csh", "tcsh", "zsh", "ksh"].filter((shell) =>
  ["/bin", "/usr/bin", "/usr/local/bin"].some((directory) => existsSync(`${directory}/${shell}`)),
);

test("sh and bash are among the shells that are tried", () => {
  expect(shells).toEqual(expect.arrayContaining(["sh", "bash"]));
});

test.each(shells)("%s reads a quoted line as exactly these words", (shell) => {
  const printed = execFileSync(shell, ["-c", quote(["printf", "<%s>\\n", ...words])], { encoding: "utf8" });
  expect(printed).toBe(words.map((word) => `<${word}>\n`).join(""));
});

test.each(["\n", "a\nb", "\u0000", "\t", "\u001b[0m", "\r", "\u007f"])("%j is refused", (word) => {
  expect(() => quote(["echo", word])).toThrow(expect.objectContaining({ code: "LN_INPUT" }));
});

test("what needs no quoting is readable", () => {
  expect(quote(["ip", "-n", "foo", "addr", "add", "10.0.0.1/24", "dev", "br-0"])).toBe(
    "ip -n foo addr add 10.0.0.1/24 dev br-0",
  );
});
