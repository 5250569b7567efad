import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { LocalnetError } from "../errors";
import { environment, type Result, type RunOptions } from "./host";
import { alarm } from "./interrupt";
import { killGroup } from "./kill-group";
import { defaultOutputBytes, EndedOutput, maxRest, messageBytes, outputError } from "./output";
import { decode, encode } from "./text";

/**
 * A script that runs one command after the other, behind the words of `prefix`. The first line is a word that no command
 * knows: it ends each command's output, and what was printed before the script listened, such as a login script's words.
 * Then come for each command, on a line each, how many words it has, its standard input, and its words, which no shell
 * reads for anything but words. Nothing is run unless all of it has come: who sends it may die meanwhile.
 */
export const commandLoop = (prefix: string) =>
  [
    "IFS= read -r end || exit",
    `printf '%s 0\\n' "$end"`,
    `printf '%s\\n' "$end" >&2`,
    "while read -r words && IFS= read -r input",
    "do set --",
    'while [ "$words" -gt 0 ]',
    "do IFS= read -r word || exit",
    decode("word"),
    'set -- "$@" "$word"; words=$((words - 1))',
    "done",
    'if [ "$input" ]',
    `then printf %b "$input" | ${prefix}"$@"`,
    `else ${prefix}"$@" </dev/null`,
    "fi",
    `printf '%s %s\\n' "$end" "$?"`,
    `printf '%s\\n' "$end" >&2`,
    "done",
  ].join("; ");

/** The lines that have the loop run a command. */
export function request(argv: readonly string[], input: string): string {
  return [argv.length, encode(input), ...argv.map(encode), ""].join("\n");
}

interface Call {
  readonly stdout: EndedOutput;
  readonly stderr: EndedOutput;
  readonly maxOutputBytes: number;
  readonly settle: (outcome: Outcome) => void;
}

/** How a command ended: by itself, with the shell, or because it printed too much. */
type Outcome = { readonly exitCode: number } | "tooMuch";

interface Answer extends Pick<Call, "stdout" | "stderr" | "maxOutputBytes"> {
  readonly outcome: Outcome;
}

/** A shell that stays open for commands to come. */
export abstract class Shell {
  /** It cannot run commands any more, and how the last one ended is unknown. */
  broken = false;
  /** The script was ready for commands. */
  listened = false;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly end = randomUUID();
  private call: Call | undefined;
  /** The script listens, or is broken. */
  private readonly greeting: Promise<Answer>;

  /** The command line that runs the script. */
  constructor([file = "", ...args]: readonly string[]) {
    this.child = spawn(file, args, { env: environment, detached: true, stdio: "pipe" });
    this.child.stdin.on("error", () => {}); // "close" follows
    this.child.on("error", () => {});
    this.child.stdout.on("data", (chunk: Buffer) => this.receive("stdout", chunk));
    this.child.stderr.on("data", (chunk: Buffer) => this.receive("stderr", chunk));
    this.child.once("close", (exitCode) => {
      this.broken = true;
      this.call?.settle({ exitCode: exitCode ?? 128 });
    });
    this.greeting = this.send(`${this.end}\n`, messageBytes).finally(() => {
      this.listened = !this.broken;
    });
    this.keepAlive(false);
  }

  /**
   * Runs a command to its end. When the shell is broken then, the result is the shell's own. After the given seconds, fewer
   * in case of an interruption, it ends with the shell.
   */
  protected async runLimited(
    argv: readonly string[],
    { input = "", maxOutputBytes = defaultOutputBytes }: RunOptions,
    seconds: number,
    lateError: () => LocalnetError,
  ): Promise<Result> {
    this.keepAlive(true);
    let late = false;
    const cancel = alarm(seconds, () => {
      late = true;
      this.close();
      this.call?.settle({ exitCode: 128 });
    });
    const send = () => this.send(request(argv, input), maxOutputBytes);
    const answer = await this.greeting.then((greeting) => (this.broken ? greeting : send())).finally(cancel);
    if (late) throw lateError();
    const { outcome, stdout, stderr } = answer;
    if (outcome === "tooMuch") throw outputError(argv, answer.maxOutputBytes);
    this.keepAlive(false);
    return { exitCode: outcome.exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
  }

  /** Sends lines, and waits for the end of what they make the script print. */
  private async send(lines: string, maxOutputBytes: number): Promise<Answer> {
    const [stdout, stderr] = [new EndedOutput(this.end), new EndedOutput(this.end)];
    const outcome = await new Promise<Outcome>((settle) => {
      this.call = { stdout, stderr, maxOutputBytes, settle };
      this.child.stdin.write(lines);
    });
    this.call = undefined;
    return { outcome, stdout, stderr, maxOutputBytes };
  }

  close(): void {
    this.broken = true;
    this.child.stdin.destroy();
    this.child.stdout.destroy();
    this.child.stderr.destroy();
    killGroup(this.child.pid);
  }

  private receive(stream: "stdout" | "stderr", chunk: Buffer): void {
    const { call } = this;
    // No command runs. A host must not fill this machine's memory with output.
    if (!call) {
      this.close();
      return;
    }
    call[stream].add(chunk);
    if (call.stdout.ended && call.stderr.ended) {
      const { rest } = call.stdout;
      const exitCode = /^ \d{1,3}$/.test(rest) ? Number(rest) : undefined;
      if (exitCode === undefined) this.close();
      call.settle({ exitCode: exitCode ?? 128 });
    } else if (call[stream].length > call.maxOutputBytes + this.end.length + maxRest) {
      this.close();
      call.settle("tooMuch");
    }
  }

  /** An idle shell does not keep this program running. */
  private keepAlive(running: boolean): void {
    for (const each of [this.child, ...(this.child.stdio as unknown as Socket[])]) {
      if (running) each.ref();
      else each.unref();
    }
  }
}

function textOf(output: EndedOutput): string {
  return output.ended ? output.text : String(output);
}
