import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";

/** Least milliseconds between the starts of two calls. */
const spacing = 30;

/** Coalesces calls: while one runs, later callers queue and share the next one, which gets their items in order. */
export function coalesce<I, O>(call: (items: readonly I[]) => Promise<O>): (item: I) => Promise<O> {
  const queue = pLimit(1);
  let queued: I[] = [];
  let next: Promise<O> | undefined;
  let lastStart = Number.NEGATIVE_INFINITY;
  const begin = async () => {
    // The first call waits only for items that are queued in the same turn of the event loop.
    await sleep(Math.max(0, lastStart + spacing - performance.now()));
    lastStart = performance.now();
    const items = queued;
    queued = [];
    next = undefined;
    return call(items);
  };
  return (item) => {
    queued.push(item);
    next ??= queue(begin);
    return next;
  };
}

export function getOrCreate<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
