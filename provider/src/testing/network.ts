import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { runtime } from "@pulumi/pulumi";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { hostNetwork, LabUnavailable, Namespaces } from "./namespaces";
import { createStack, requirePulumi } from "./stack";

export interface NetworkOptions {
  /** The configuration of the stack, such as `{ "localnet:timeoutSeconds": "30" }`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Gets what Pulumi prints while it works. */
  readonly onOutput?: (text: string) => void;
}

export interface ExecOptions {
  /** Working directory. Default: that of the test. */
  readonly cwd?: string;
  /** Variables beside those of the test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for the command's standard input. */
  readonly input?: string;
  /** Gets what the command prints, on standard output and on standard error, while it runs. */
  readonly onOutput?: (text: string) => void;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Brings up a network for a test. `program` declares resources of `pulumi-localnet` or `pulumi-localnet/native`, and returns
 * outputs. It needs no root. All is in namespaces of the lab's own: labs beside each other may use the same names, and
 * nothing of this machine changes; what a program puts into no namespace is in the lab's own network.
 * Errors: `LabUnavailable` where this machine can have no lab; what is wrong with the program, after which nothing is left.
 */
export async function network(program: PulumiFn, options: NetworkOptions = {}): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), "localnet-lab-"));
  let namespaces: Namespaces | undefined;
  try {
    namespaces = await Namespaces.open(folder);
    const stack = await createStack(folder, namespaces.enterArgv, program, options.config ?? {});
    return new Lab(namespaces, stack, options, await up(stack, program, options));
  } catch (error) {
    await namespaces?.close();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Why this machine can have no lab, and what mends it; undefined: it can. For tests that are left out there, such as
 * `test.skipIf(await unavailable())`.
 */
export async function unavailable(): Promise<string | undefined> {
  try {
    requirePulumi();
    const namespaces = await Namespaces.open(mkdtempSync(join(tmpdir(), "localnet-lab-")));
    await namespaces.close();
    return undefined;
  } catch (error) {
    if (error instanceof LabUnavailable) return error.message;
    throw error;
  }
}

/** A network that is up. */
export class Lab implements AsyncDisposable {
  /** @internal */
  constructor(
    private readonly namespaces: Namespaces,
    private readonly stack: Stack,
    private readonly options: NetworkOptions,
    private values: Readonly<Record<string, unknown>>,
  ) {}

  /** What the program returned. */
  get outputs(): Readonly<Record<string, unknown>> {
    return this.values;
  }

  /** Changes the network in place into what another program declares. */
  async update(program: PulumiFn): Promise<void> {
    this.values = await up(this.stack, program, this.options);
  }

  /** The command line that runs another one in a network namespace of the lab, for one that is to go on beside the test. */
  command(netns: string, argv: readonly string[]): string[] {
    return [
      ...this.namespaces.enterArgv,
      "nsenter",
      `--net=${hostNetwork}`,
      "--",
      "ip",
      "netns",
      "exec",
      netns,
      ...argv,
    ];
  }

  /** Runs a command in a network namespace of the lab, to its end. One that fails is an answer, not an error. */
  async exec(netns: string, argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const cwd = options.cwd ?? process.cwd();
    const [file = "", ...args] = this.command(netns, ["env", "-C", cwd, ...argv]);
    const child = spawn(file, args, { env: { ...process.env, ...options.env }, stdio: "pipe" });
    child.stdin.on("error", () => {}); // it ended before it read
    child.stdin.end(options.input ?? "");
    const { onOutput } = options;
    if (onOutput)
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => onOutput(String(part)));
    const ended = new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 128));
    });
    const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { exitCode, stdout, stderr };
  }

  /** Takes the network away with all processes in it. `await using` does that at the end of its block. */
  async stop(): Promise<void> {
    await this.namespaces.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

async function up(stack: Stack, program: PulumiFn, { onOutput }: NetworkOptions): Promise<Record<string, unknown>> {
  let [message, failure]: [string, unknown] = ["", undefined];
  const collect = (part: string) => {
    message += part;
    onOutput?.(part);
  };
  const watched: PulumiFn = async () => {
    handleRejections();
    try {
      return await program();
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  try {
    const { outputs } = await stack.up({ program: watched, onOutput: collect, color: "never" });
    return Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value]));
  } catch (error) {
    const [, diagnostics = message || String(error)] =
      /^Diagnostics:\n(.*?)^(?:Outputs|Resources|Duration):/ms.exec(message) ?? [];
    throw new Error(`the network is not up:\n${diagnostics.trim()}`, { cause: failure ?? error });
  }
}

/**
 * Of a program that throws, the SDK leaves two promises that nobody looks at. It takes them back by a listener on `process`,
 * but test runners have theirs as well, and count what nobody handles as a failure of whatever test runs.
 */
function handleRejections(): void {
  const root = runtime.getStackResource() as unknown as { outputs?: Record<string, Promise<unknown> | undefined> };
  for (const key of ["isKnown", "isSecret"]) root.outputs?.[key]?.catch(() => {});
}
