import { AsyncLocalStorage } from "node:async_hooks";
import { coalesce, getOrCreate } from "./coalesce";
import type { Host } from "./host";
import { runCached } from "./one-look";

/** Seconds for which a read is shared by those that only read. A refresh shows how things were while it ran. */
const freshSeconds = 10;

interface Read {
  readonly time: number;
  readonly answer: Promise<unknown>;
}

const readCacheScope = new AsyncLocalStorage<boolean>();
const caches = new WeakMap<Host, Map<string, Read>>();
const coalesced = new WeakMap<Host, Map<string, (item: undefined) => Promise<unknown>>>();

/** The body only reads, and may share what one command shows of many objects. */
export function withReadCache<T>(body: () => Promise<T>): Promise<T> {
  return readCacheScope.run(true, body);
}

/** The body reads how things are now, not a while ago. */
export function withoutReadCache<T>(body: () => Promise<T>): Promise<T> {
  return readCacheScope.run(false, body);
}

/** Is one read of all objects better than one of this object? */
export function usesReadCache(): boolean {
  return readCacheScope.getStore() ?? false;
}

/**
 * A read of many objects at once. Those that only read share it for a while. Whoever changes things gets one that began
 * after the call, shared with all who called by then.
 */
export function cached<T>(host: Host, what: string, read: () => Promise<T>): Promise<T> {
  if (!usesReadCache()) {
    const readCoalesced = getOrCreate(
      getOrCreate(coalesced, host, () => new Map()),
      what,
      () => coalesce(read),
    );
    return readCoalesced(undefined) as Promise<T>;
  }
  const ofHost = getOrCreate(caches, host, () => new Map<string, Read>());
  const last = ofHost.get(what);
  if (last && performance.now() - last.time < freshSeconds * 1000) return last.answer as Promise<T>;
  const answer = read();
  ofHost.set(what, { time: performance.now(), answer });
  return answer;
}

/** What was read of a host may not be so any more. */
function forget(host: Host): void {
  caches.delete(host);
}

/** Whatever is run outside of `withReadCache` may change what was read. */
export function invalidateOnRun(host: Host): Host {
  const invalidating = async <T>(body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } finally {
      if (!usesReadCache()) forget(wrapped);
    }
  };
  const wrapped: Host = {
    ...host,
    run: (argv, options = {}) =>
      invalidating(() => (usesReadCache() ? runCached(wrapped, argv, options, host.run) : host.run(argv, options))),
    start: (...call) => invalidating(() => host.start(...call)),
  };
  return wrapped;
}
