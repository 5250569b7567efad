import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";

/** Milliseconds from the beginning of one call to that of the next. */
const spacing = 30;

/** One call for all that come while another is under way, or has just begun, in their order. */
export function coalesce<I, O>(call: (items: readonly I[]) => Promise<O>): (item: I) => Promise<O> {
  const queue = pLimit(1);
  let waiting: I[] = [];
  let next: Promise<O> | undefined;
  let begun = Number.NEGATIVE_INFINITY;
  const begin = async () => {
    // The first does not wait, but for those that are at the door and not yet heard.
    await sleep(Math.max(0, begun + spacing - performance.now()));
    begun = performance.now();
    const items = waiting;
    waiting = [];
    next = undefined;
    return call(items);
  };
  return (item) => {
    waiting.push(item);
    next ??= queue(begin);
    return next;
  };
}

export function getOrCreate<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
