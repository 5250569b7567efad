import { Cli, gone, type Process } from "./cli";
import type { Stack } from "./engine";

export const ways = ["SIGINT", "SIGKILL"] as const;
export type Way = (typeof ways)[number];

/** The time in seconds within which the CLI must end after ^C, and the provider of a killed CLI. */
export const patience = 10;
/** After ^C the CLI waits for the operations that run, which takes long on an emulated machine. */
export const patienceWithVm = 60;

/** Line numbers, spread evenly. The CLI prints one line when an operation on a resource begins and one when it ends. */
export function points(count: number, resources: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.ceil(((index + 0.5) / count) * 2 * resources));
}

/**
 * Runs an up or a destroy, sends the signal at the n-th line of output, and recovers as docs/ownership.md says.
 * With `wait`, it first waits for the killed CLI's provider. Returns the processes that still have to end.
 */
export async function hit(
  stack: Stack,
  what: "up" | "destroy",
  way: Way,
  line: number,
  { wait = true, seconds: limit = patience } = {},
): Promise<Process[]> {
  const cli = new Cli(stack, [what, "--yes", "--skip-preview", ...stack.target]);
  if (!(await cli.reach(line))) throw new Error(`it ended before line ${line}\n${cli.text}`);
  if (way === "SIGINT") {
    const seconds = await cli.interrupt();
    report(`${what} ${way} at line ${line}: ended within ${seconds} s`);
    if (seconds > limit) throw new Error(`${seconds} s from ^C to the end\n${cli.text}`);
    return [];
  }
  const left = await cli.kill();
  if (wait) await end(left);
  await recover(stack);
  report(`${what} ${way} at line ${line}: ${wait ? "then" : "at once"} the next`);
  return wait ? [] : left;
}

/** Recovers from a kill, as docs/ownership.md says. */
export async function recover(stack: Stack): Promise<void> {
  await stack.pulumi(["cancel", stack.name, "--yes"]);
  const clear = ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"];
  if ((await stack.pending()).length) await stack.pulumi([...clear, ...stack.target]);
}

/** Providers with a running operation end by themselves. Pulumi's language host and idle providers stay. */
export async function end(left: readonly Process[]): Promise<void> {
  await gone(left.filter(isProvider), patience);
  for (const { pid } of await gone(left, 0)) process.kill(pid, "SIGKILL");
  await gone(left, patience);
}

export function isProvider({ argv }: Process): boolean {
  return argv.some((word) => /dynamic-provider|pulumi-resource-localnet/.test(word));
}

export function report(line: string): void {
  if (process.env.LOCALNET_TEST_REPORT) process.stderr.write(`${line}\n`);
}
