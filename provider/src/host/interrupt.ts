import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalnetError } from "../errors";

const interruption = new AbortController();
const { signal } = interruption;
setMaxListeners(0, signal);

/** Seconds that a command, or waiting for a lock, may still take after an interruption. */
const graceSeconds = 3;

/** Handles an interruption by the user: waits end, nothing new starts, and running commands may finish. */
export function interrupt(): void {
  interruption.abort();
}

export function interrupted(): LocalnetError | undefined {
  if (!signal.aborted) return undefined;
  return new LocalnetError("LN_INTERRUPTED", "interrupted", {
    hint: "run pulumi again: it goes on from what is there",
  });
}

export function throwIfInterrupted(): void {
  const error = interrupted();
  if (error) throw error;
}

/** Waits. An interruption ends the wait with an error. */
export async function pause(milliseconds: number): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
  throwIfInterrupted();
}

/** Calls back after a time, which an interruption shortens. Returns a function that cancels it. */
export function alarm(seconds: number, expired: () => void): () => void {
  const due = Date.now() + seconds * 1000;
  let timer: NodeJS.Timeout;
  const set = () => {
    clearTimeout(timer);
    const left = due - Date.now();
    timer = setTimeout(expired, signal.aborted ? Math.min(left, graceSeconds * 1000) : left);
  };
  set();
  signal.addEventListener("abort", set);
  return () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", set);
  };
}
