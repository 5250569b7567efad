import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Values } from "../../../provider/src/core/check";
import type { AnyKind } from "../../../provider/src/core/kind";
import type { Host, StartOptions } from "../../../provider/src/host";
import type { Case } from "./case";
import type { Engine } from "./engine";
import { onlyReads } from "./reading";
import { hostUrl, settings, testHost } from "./world";

export type Op = "create" | "update" | "delete";

/** A command that the host is about to run. */
interface Call {
  readonly host: Host;
  readonly method: "run" | "start";
  readonly argv: readonly string[];
  readonly options: never;
  /** The number of the command, from 1. */
  readonly number: number;
}

/** Runs `body`, and replaces some of the commands that it runs on the host. */
export async function inPlaceOf(
  replace: (call: Call) => Promise<unknown> | undefined,
  body: () => Promise<unknown>,
): Promise<{ error: Error | undefined; commands: (readonly string[])[] }> {
  const host = testHost();
  const { run, start } = host;
  const real: Host = { ...host };
  const commands: (readonly string[])[] = [];
  for (const method of ["run", "start"] as const) {
    host[method] = ((argv: readonly string[], options: never) => {
      const call = { host: real, method, argv, options, number: commands.push(argv) };
      return replace(call) ?? real[method](argv, options);
    }) as never;
  }
  try {
    const error = await body().then(
      () => undefined,
      (reason: Error) => reason,
    );
    return { error, commands };
  } finally {
    Object.assign(host, { run, start });
  }
}

export type Strike = (call: Call) => Promise<unknown> | undefined;

/** The n-th command fails like ip when the kernel has no memory, and does nothing. */
export function failing(at: number): Strike {
  const argv = ["sh", "-c", "echo 'Cannot talk to rtnetlink: No buffer space available' >&2; exit 2"];
  return ({ host, method, options, number }) =>
    number === at ? (method === "run" ? host.run(argv, options) : nowhere(host, options)) : undefined;
}

/** The n-th command hangs until it is killed, and does nothing. */
export function hanging(at: number): Strike {
  return ({ host, method, options, number }) =>
    number === at
      ? method === "run"
        ? host.run(["sleep", "60"], { timeoutSeconds: 0.2 })
        : nowhere(host, options)
      : undefined;
}

/** The start of a process cannot hang. It fails instead, here because its folder is missing. */
function nowhere(host: Host, options: StartOptions): Promise<void> {
  return host.start(["true"], { ...options, workingDirectory: "/no/such/folder" });
}

/** A command is killed at the `time`-th system call of a sort, before the call. */
export function killedIn(command: readonly string[], call: string, time: number): Strike {
  const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${time}`];
  const strace = ["strace", "-f", "-qq", "-o", "/dev/null", ...inject, "--"];
  return ({ host, method, argv, options }) =>
    method === "run" && argv.join(" ") === command.join(" ") ? host.run([...strace, ...argv], options) : undefined;
}

/** All commands run as a user without permissions. */
export function unprivileged(): Strike {
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"];
  return ({ host, method, argv, options }) => host[method]([...nobody, ...argv], options);
}

/** Runs the next operation in a separate provider, which is killed after the command `at`. */
export async function dying(engine: Engine, op: Op, inputs: Values, at: number, by: NodeJS.Signals): Promise<void> {
  const { signal, stderr } = await provider({ ...engine.call, op, inputs, url: hostUrl, at, by });
  if (signal !== by) throw new Error(`the provider should have ended by ${by}: ${signal} ${stderr}`);
  // A command that goes on alone after ^C.
  if (by === "SIGINT") await new Promise((resolve) => setTimeout(resolve, hostUrl ? 1000 : 300));
}

/** Runs the operation in a separate provider that is not killed. */
export async function living(
  engine: Engine,
  op: Op,
  inputs: Values,
): Promise<{ commands: string[][]; made: Values | null }> {
  const { signal, code, stdout, stderr } = await provider({ ...engine.call, op, inputs, url: hostUrl });
  if (code !== 0) throw new Error(`${op} in a provider of its own: ${signal ?? code} ${stderr}`);
  return JSON.parse(stdout);
}

/** The numbers of the commands that change something, from 1. */
export function changing(spec: Case, commands: readonly (readonly string[])[]): number[] {
  return commands.flatMap((argv, index) => (changes(spec, argv) ? [index + 1] : []));
}

function changes(spec: Case, argv: readonly string[]): boolean {
  return !onlyReads(argv) && !spec.reads?.(argv);
}

function provider(
  plan: Values,
): Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(__dirname, "provider.cjs")], { detached: true });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.end(JSON.stringify(plan));
  });
}

/** A create by a new provider on a machine that lacks a command. */
export async function toolless(tool: string, type: string, inputs: Values): Promise<void> {
  let creates: (() => Promise<unknown>) | undefined;
  jest.isolateModules(() => {
    const { openHost } = require("../../../provider/src/host") as typeof import("../../../provider/src/host");
    const { kinds } = require("../../../provider/src/kinds") as typeof import("../../../provider/src/kinds");
    const { create } =
      require("../../../provider/src/core/lifecycle") as typeof import("../../../provider/src/core/lifecycle");
    const host = openHost(hostUrl, settings);
    const { run, start } = host;
    const without = (argv: readonly string[]) => argv.map((word) => (word === tool ? `lnt-no-${tool}` : word));
    host.run = (argv, options) => run(without(argv), options);
    host.start = (argv, options) => start(without(argv), options);
    creates = () => create(kinds[type] as AnyKind, inputs, settings);
  });
  await creates?.();
}
