import { AsyncLocalStorage } from "node:async_hooks";
import { coalesce, getOrCreate } from "./coalesce";
import type { Host } from "./host";

/** Seconds for which what was seen is shown to others that only look. A refresh tells how things were while it ran. */
const freshSeconds = 10;

interface Look {
  readonly taken: number;
  readonly seen: Promise<unknown>;
}

const readCacheScope = new AsyncLocalStorage<boolean>();
const caches = new WeakMap<Host, Map<string, Look>>();
const shared = new WeakMap<Host, Map<string, (look: undefined) => Promise<unknown>>>();

/** What runs in here only tells how things are, and may share what one command shows of many objects. */
export function withReadCache<T>(body: () => Promise<T>): Promise<T> {
  return readCacheScope.run(true, body);
}

/** What runs in here is shown how things are now, not a while ago. */
export function withoutReadCache<T>(body: () => Promise<T>): Promise<T> {
  return readCacheScope.run(false, body);
}

/** Is one look at all objects better than one at this object? */
export function usesReadCache(): boolean {
  return readCacheScope.getStore() ?? false;
}

/**
 * What is seen of many objects at once. Those who only look share it for a while; whoever changes things sees what was
 * taken after asking, with all who asked by then.
 */
export function cached<T>(host: Host, what: string, take: () => Promise<T>): Promise<T> {
  if (!usesReadCache()) {
    const one = getOrCreate(
      getOrCreate(shared, host, () => new Map()),
      what,
      () => coalesce(take),
    );
    return one(undefined) as Promise<T>;
  }
  const ofHost = getOrCreate(caches, host, () => new Map<string, Look>());
  const known = ofHost.get(what);
  if (known && performance.now() - known.taken < freshSeconds * 1000) return known.seen as Promise<T>;
  const seen = take();
  ofHost.set(what, { taken: performance.now(), seen });
  return seen;
}

/** Whatever is run there by one who does not only look may change what was seen. */
export function invalidateOnRun(host: Host): Host {
  const forgetting = async <T>(body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } finally {
      if (!usesReadCache()) caches.delete(own);
    }
  };
  const own: Host = {
    ...host,
    run: (...call) => forgetting(() => host.run(...call)),
    start: (...call) => forgetting(() => host.start(...call)),
  };
  return own;
}
