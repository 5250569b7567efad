import { AsyncLocalStorage } from "node:async_hooks";
import { redact } from "../text";

/** What the engine says of an operation. */
interface Engine {
  /** Seconds that it may take (`customTimeouts`); 0 or left out: no limit. */
  readonly seconds?: number | undefined;
  /** Shows a line beside the resource while the operation runs. */
  readonly show?: ((message: string) => void) | undefined;
  /** Texts that no message may hold. */
  readonly secrets?: readonly string[] | undefined;
}

interface Operation extends Engine {
  readonly end: number;
  /** What it waits for, as was said last. */
  shown?: string;
}

const operation = new AsyncLocalStorage<Operation>();

/** Runs an operation whose waits end in time, and which says how far it is. */
export function withEngine<T>(engine: Engine, body: () => Promise<T>): Promise<T> {
  const end = engine.seconds ? Date.now() + engine.seconds * 1000 : Number.POSITIVE_INFINITY;
  return operation.run({ ...engine, end }, body);
}

/** Seconds that are left of the operation's time; Infinity when it has no limit. */
export function secondsLeft(): number {
  return ((operation.getStore()?.end ?? Number.POSITIVE_INFINITY) - Date.now()) / 1000;
}

/** Says what an operation waits for, once: where the output is no terminal, the engine prints each message. */
export function showProgress(message: string): void {
  const current = operation.getStore();
  if (!current || message === current.shown) return;
  current.shown = message;
  current.show?.(redactSecrets(message));
}

/** Milliseconds after which a wait is one that somebody asks about. */
const noticedMilliseconds = 1000;

/** Waits for what mostly comes at once, and says so where it does not. */
export async function waitingFor<T>(message: string, awaited: Promise<T>): Promise<T> {
  const timer = setTimeout(showProgress, noticedMilliseconds, message);
  return awaited.finally(() => clearTimeout(timer));
}

/** The same for what several operations wait for together: this one's line. */
export function progressOf(): (message: string) => void {
  return AsyncLocalStorage.bind(showProgress);
}

/** A text without the secrets that the operation was given. */
export function redactSecrets(text: string): string {
  return redact(text, operation.getStore()?.secrets ?? []);
}
