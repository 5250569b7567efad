import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programOf } from "../../provider/src/cli/command";
import { completions } from "../../provider/src/cli/completion";

// The other shells' own completion; bash is everywhere: test/unit/command.test.ts.

const directory = mkdtempSync(join(tmpdir(), "localnet-completion-"));
const file = (shell: string) => join(directory, shell);

beforeAll(() => {
  for (const shell of ["fish", "zsh"] as const)
    writeFileSync(
      file(shell),
      completions(
        programOf(async () => {}),
        shell,
      ),
    );
});
afterAll(() => rmSync(directory, { recursive: true }));

test("fish sources it, and completes subcommands and the options of one", () => {
  const complete = (line: string) => {
    const script = `source ${file("fish")}; complete -C "${line}"`;
    const printed = execFileSync("fish", ["--no-config", "-c", script], { encoding: "utf8" });
    return printed.match(/^\S+/gm);
  };
  expect(complete("localnet disc")).toEqual(["discover"]);
  expect(complete("localnet ls --st")).toEqual(["--stack", "--state"]);
});

test("zsh sources it, and completes a subcommand and an option in a terminal", () => {
  const script = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; autoload -U compinit; compinit -u -D; source ${file("zsh")}; echo rea''dy"
zpty -r -m shell out "*ready*"
zpty -w -n shell $'localnet disc\\t'
zpty -r -m shell out "*localnet discover*"
zpty -w -n shell $'\\x15localnet ls --expect\\t'
zpty -r -m shell out "*--expect-no-changes*" && print done
zpty -d shell`;
  expect(execFileSync("zsh", ["-f", "-c", script], { encoding: "utf8", timeout: 30_000 })).toBe("done\n");
});
