import { Cli, gone, type Process } from "./cli";
import type { Stack } from "./engine";

export const ways = ["SIGINT", "SIGKILL"] as const;
export type Way = (typeof ways)[number];

/** Seconds in which ^C must end, and the provider of a CLI that was killed. */
export const patience = 10;
/** ^C waits for what is being done, and on an emulated machine that takes its time. */
export const patienceWithVm = 60;

/** Numbers of lines that the CLI prints for so many resources, one when work on each begins and one when it ends, spread evenly. */
export function points(count: number, resources: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.ceil(((index + 0.5) / count) * 2 * resources));
}

/**
 * Runs an up or a destroy, sends the signal when the n-th line is printed, and does what docs/ownership.md says to do then.
 * `wait`: not before the killed CLI's provider has ended. Returns what is still to be ended.
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

/** What docs/ownership.md says to do after a kill. */
export async function recover(stack: Stack): Promise<void> {
  await stack.pulumi(["cancel", stack.name, "--yes"]);
  const clear = ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"];
  if ((await stack.pending()).length) await stack.pulumi([...clear, ...stack.target]);
}

/** Providers that have begun something end by themselves. Pulumi's own language host stays, and so does an idle provider. */
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
