import { setImmediate } from "node:timers/promises";
import pLimit from "p-limit";

/** One call for all that come while another is under way, in their order: it begins after the last of them has come. */
export function together<I, O>(call: (items: readonly I[]) => Promise<O>): (item: I) => Promise<O> {
  const queue = pLimit(1);
  let waiting: I[] = [];
  let next: Promise<O> | undefined;
  const begin = async () => {
    // Starting a process takes so long that others are at the door, not yet heard, when the first has come.
    await setImmediate();
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

export function getOrMake<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
