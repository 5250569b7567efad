import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { environment, type Result, timeoutError } from "./host";
import { alarm } from "./interrupt";

/**
 * One command after the other: on a line each how many words it has, its standard input, and its words, which no shell
 * reads for anything but words. Nothing is run unless all of it has come: who sends it may die meanwhile. Behind what a
 * command prints stands a word that it cannot know. `timeout` ends what hangs even when nobody is there to see it.
 */
export const loop = [
  "while read -r words && IFS= read -r input",
  "do set --",
  'while [ "$words" -gt 0 ]',
  "do IFS= read -r word || exit",
  'set -- "$@" "$word"; words=$((words - 1))',
  "done",
  'if [ "$input" ]',
  'then printf %b "$input" | timeout -k 1 "$@"',
  'else timeout -k 1 "$@" </dev/null',
  "fi",
  `printf '%s %s\\n' "$0" "$?"`,
  'echo "$0" >&2',
  "done",
].join("; ");

/** A remote shell that stays open for commands to come, each without a session and a login shell of its own. */
export class RemoteShell {
  /** No command can be run any more, and of the last one the end is not known. */
  broken = false;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly end: string;
  private stdout = "";
  private stderr = "";
  private settle: ((exitCode: number) => void) | undefined;

  /** `open` gives the command line that runs a script with a name for it in a remote shell. */
  constructor(open: (script: string, name: string) => readonly string[]) {
    this.end = randomUUID();
    const [file = "", ...args] = open(loop, this.end);
    this.child = spawn(file, args, { env: environment, detached: true, stdio: "pipe" });
    this.child.stdin.on("error", () => {}); // told by "close"
    this.child.on("error", () => {});
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.look();
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.look();
    });
    this.child.once("close", (exitCode) => {
      this.broken = true;
      this.settle?.(exitCode ?? 128);
    });
    this.hold(false);
  }

  /** Runs a command to its end; when the shell is broken then, what it returns tells of the connection. */
  async run(argv: readonly string[], input: string, seconds: number): Promise<Result> {
    this.hold(true);
    this.stdout = this.stderr = "";
    const words = [String(seconds), ...argv];
    let late = false;
    // The remote side ends a command by itself; this is for a connection that hangs, and for an interruption.
    const cancel = alarm(seconds + spareSeconds, () => {
      late = true;
      this.close();
      this.settle?.(128);
    });
    const exitCode = await new Promise<number>((resolve) => {
      this.settle = resolve;
      this.child.stdin.write([words.length, escaped(input), ...words, ""].join("\n"));
    }).finally(cancel);
    this.settle = undefined;
    if (late) throw timeoutError(argv, seconds);
    this.hold(false);
    return { exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  close(): void {
    this.broken = true;
    this.child.stdin.destroy();
    this.child.kill("SIGKILL");
  }

  /** Has the command ended? */
  private look(): void {
    const code = new RegExp(`${this.end} (\\d+)\\n`).exec(this.stdout);
    const end = this.stderr.indexOf(`${this.end}\n`);
    if (!code || end < 0) return;
    this.stdout = this.stdout.slice(0, code.index);
    this.stderr = this.stderr.slice(0, end);
    this.settle?.(Number(code[1]));
  }

  /** An idle one keeps no program running. */
  private hold(running: boolean): void {
    for (const each of [this.child, ...(this.child.stdio as unknown as Socket[])]) {
      if (running) each.ref();
      else each.unref();
    }
  }
}

const spareSeconds = 60;

/** One line that `printf %b` writes as the text. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line could not hold these.
  return text.replace(/[\\\u0000-\u001f]/g, (char) => `\\0${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}
