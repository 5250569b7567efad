import { setTimeout } from "node:timers/promises";
import { LocalnetError } from "./errors";

const interruption = new AbortController();

/** The user wants an end: what waits waits no longer, and what has not begun does not begin. A command that runs ends by itself. */
export function interrupt(): void {
  interruption.abort();
}

export function stopIfInterrupted(): void {
  if (!interruption.signal.aborted) return;
  throw new LocalnetError("LN_INTERRUPTED", "interrupted", { hint: "run pulumi again: it goes on from what is there" });
}

/** A wait that an interruption ends, with an error. */
export async function pause(milliseconds: number): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal: interruption.signal }).catch(() => {});
  stopIfInterrupted();
}
