import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { environment, type Result, type RunOptions, timeoutError } from "./host";
import { alarm } from "./interrupt";
import { defaultOutputBytes, EndedOutput, maxRest, messageBytes, outputError } from "./output";
import { decode, encode } from "./text";

/**
 * Runs one command after the other. The first line is a word that no command knows: it ends each command's output, and
 * what the remote side printed before it listened, such as a login script's words. Then come for each command, on a line each, how many words it has, its standard input, and its words, which no shell reads
 * for anything but words. Nothing is run unless all of it has come: who sends it may die meanwhile. `timeout` ends what
 * hangs even when nobody is there to see it.
 */
export const loop = [
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
  'then printf %b "$input" | timeout -k 1 "$@"',
  'else timeout -k 1 "$@" </dev/null',
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

/** A remote shell that stays open for commands to come, each without a session and a login shell of its own. */
export class RemoteShell {
  /** No command can be run any more, and of the last one the end is not known. */
  broken = false;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly end = randomUUID();
  private call: Call | undefined;
  /** The remote side listens, or is broken. */
  private readonly greeting: Promise<Answer>;

  /** `open` gives the command line that runs a script in a remote shell. */
  constructor(open: (script: string) => readonly string[]) {
    const [file = "", ...args] = open(loop);
    this.child = spawn(file, args, { env: environment, detached: true, stdio: "pipe" });
    this.child.stdin.on("error", () => {}); // "close" follows
    this.child.on("error", () => {});
    this.child.stdout.on("data", (chunk: Buffer) => this.receive("stdout", chunk));
    this.child.stderr.on("data", (chunk: Buffer) => this.receive("stderr", chunk));
    this.child.once("close", (exitCode) => {
      this.broken = true;
      this.call?.settle({ exitCode: exitCode ?? 128 });
    });
    this.greeting = this.send(`${this.end}\n`, messageBytes);
    this.keepAlive(false);
  }

  /** Runs a command to its end; when the shell is broken then, the result is the connection's. */
  async run(argv: readonly string[], seconds: number, options: RunOptions = {}): Promise<Result> {
    const { input = "", maxOutputBytes = defaultOutputBytes } = options;
    this.keepAlive(true);
    let late = false;
    // The remote side ends a command by itself; this is for a connection that hangs, and for an interruption.
    const cancel = alarm(seconds + spareSeconds, () => {
      late = true;
      this.close();
      this.call?.settle({ exitCode: 128 });
    });
    const send = () => this.send(request([String(seconds), ...argv], input), maxOutputBytes);
    const answer = await this.greeting.then((greeting) => (this.broken ? greeting : send())).finally(cancel);
    if (late) throw timeoutError(argv, seconds);
    const { outcome, stdout, stderr } = answer;
    if (outcome === "tooMuch") throw outputError(argv, answer.maxOutputBytes);
    this.keepAlive(false);
    return { exitCode: outcome.exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
  }

  /** Sends lines, and waits for the end of what they make the remote side print. */
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
    this.child.kill("SIGKILL");
  }

  private receive(stream: "stdout" | "stderr", chunk: Buffer): void {
    const { call } = this;
    // Nothing was asked: a host may not fill this machine's memory.
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

  /** An idle one keeps no program running. */
  private keepAlive(running: boolean): void {
    for (const each of [this.child, ...(this.child.stdio as unknown as Socket[])]) {
      if (running) each.ref();
      else each.unref();
    }
  }
}

const spareSeconds = 60;

function textOf(output: EndedOutput): string {
  return output.ended ? output.text : String(output);
}
