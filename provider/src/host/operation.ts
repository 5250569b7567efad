import { AsyncLocalStorage } from "node:async_hooks";
import { redact } from "../text";

/** What the engine tells the provider about an operation. */
interface Engine {
  /** Time limit in seconds (`customTimeouts`); 0 or left out: none. */
  readonly seconds?: number | undefined;
  /** Shows a line beside the resource while the operation runs. */
  readonly show?: ((message: string) => void) | undefined;
  /** Texts that no message may contain. */
  readonly secrets?: readonly string[] | undefined;
}

interface Operation extends Engine {
  readonly end: number;
  /** The last message about what it waits for. */
  shown?: string;
}

const operation = new AsyncLocalStorage<Operation>();

/** Runs an operation with a time limit and progress messages. */
export function withEngine<T>(engine: Engine, body: () => Promise<T>): Promise<T> {
  const end = engine.seconds ? Date.now() + engine.seconds * 1000 : Number.POSITIVE_INFINITY;
  return operation.run({ ...engine, end }, body);
}

/** Seconds left of the operation's time; Infinity: no limit. */
export function secondsLeft(): number {
  return ((operation.getStore()?.end ?? Number.POSITIVE_INFINITY) - Date.now()) / 1000;
}

/** Shows what an operation waits for. Each message only once, because without a terminal the engine prints every one. */
export function showProgress(message: string): void {
  const current = operation.getStore();
  if (!current || message === current.shown) return;
  current.shown = message;
  current.show?.(redactSecrets(message));
}

/** Milliseconds after which a wait is shown. */
const noticedMilliseconds = 1000;

/** Waits for a body; shows the message if it takes longer than usual. */
export async function waitingFor<T>(message: string, awaited: Promise<T>): Promise<T> {
  const timer = setTimeout(showProgress, noticedMilliseconds, message);
  return awaited.finally(() => clearTimeout(timer));
}

/** Returns a function that shows progress for this operation, for waits that several operations share. */
export function progressOf(): (message: string) => void {
  return AsyncLocalStorage.bind(showProgress);
}

/** A text without the secrets of the operation. */
export function redactSecrets(text: string): string {
  return redact(text, operation.getStore()?.secrets ?? []);
}
