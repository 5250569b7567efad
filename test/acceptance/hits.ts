import { Cli, gone, type Process } from "./cli";
import type { Stack } from "./engine";

export const ways = ["SIGINT", "SIGKILL"] as const;
export type Way = (typeof ways)[number];

/** Seconds in which ^C must end. */
const patience = 10;

/** Evenly spread over (0, 1). */
export function points(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index + 0.5) / count);
}

const up = ["up", "--yes", "--skip-preview"];
const down = ["destroy", "--yes", "--skip-preview"];

/** How many lines of progress an up and a destroy of a program print. */
export async function progressOf(stack: Stack): Promise<{ up: number; down: number }> {
  const lines = [];
  for (const args of [up, down]) {
    const cli = new Cli(stack, [...args, ...stack.target]);
    await cli.ended;
    lines.push(cli.steps);
  }
  const [first = 0, second = 0] = lines;
  return { up: first, down: second };
}

export const hitUp = (stack: Stack, way: Way, step: number) => hit(stack, up, way, step);
export const hitDown = (stack: Stack, way: Way, step: number) => hit(stack, down, way, step);

/** Sends the signal when the n-th line is printed, and does what README.md says to do then. */
async function hit(stack: Stack, args: readonly string[], way: Way, step: number): Promise<void> {
  const cli = new Cli(stack, [...args, ...stack.target]);
  if (!(await cli.reach(step))) throw new Error(`it ended before line ${step}\n${cli.text}`);
  if (way === "SIGINT") {
    const seconds = await cli.interrupt();
    report(`${args[0]} ${way} at line ${step}: ended within ${seconds} s`);
    if (seconds > patience) throw new Error(`${seconds} s from ^C to the end\n${cli.text}`);
    return;
  }
  // What the kill leaves behind ends by itself, but for what belongs to Pulumi alone and is idle: it is ended here.
  const left = await cli.kill();
  const stay = await gone(left.filter(isProvider), patience);
  report(`${args[0]} ${way} at line ${step}: ${left.length} processes left, ${stay.length} providers for good`);
  for (const { pid } of await gone(left, 0)) process.kill(pid, "SIGKILL");
  await stack.pulumi(["cancel", stack.name, "--yes"]);
  const clear = ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"];
  if ((await stack.pending()).length) await stack.pulumi([...clear, ...stack.target]);
}

function isProvider({ argv }: Process): boolean {
  return argv.some((word) => word.includes("dynamic-provider"));
}

function report(line: string): void {
  if (process.env.LOCALNET_TEST_REPORT) process.stderr.write(`${line}\n`);
}
