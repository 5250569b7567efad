import { AsyncLocalStorage } from "node:async_hooks";
import { coalesce, getOrCreate } from "./coalesce";
import { runCached } from "./command-cache";
import type { Host } from "./host";

/** Seconds for which readers share a read. So a refresh shows a state of at most this age. */
const freshSeconds = 10;

interface Read {
  readonly time: number;
  readonly answer: Promise<unknown>;
}

const readCacheScope = new AsyncLocalStorage<boolean>();
const caches = new WeakMap<Host, Map<string, Read>>();
const coalesced = new WeakMap<Host, Map<string, (item: undefined) => Promise<unknown>>>();

/** Runs a body that only reads: its reads may come from the cache. */
export function withReadCache<T>(body: () => Promise<T>): Promise<T> {
  return readCacheScope.run(true, body);
}

/** Runs a body whose reads never come from the cache. */
export function withoutReadCache<T>(body: () => Promise<T>): Promise<T> {
  return readCacheScope.run(false, body);
}

/** Is the cache in use, so that one read of all objects is cheaper than one of this object? */
export function usesReadCache(): boolean {
  return readCacheScope.getStore() ?? false;
}

/**
 * Reads many objects with one command. Inside `withReadCache` the result is cached. Elsewhere the read starts after the call,
 * and is shared by all callers that wait for it.
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

/** Drops the cached reads of a host. */
export function dropReads(host: Host): void {
  caches.delete(host);
}

/**
 * A host whose cache is dropped after each command that runs outside of `withReadCache`, because it may change something;
 * and with it those of the same machine with other settings, which it joins.
 */
export function invalidateOnRun(host: Host, sameMachine: Set<Host>): Host {
  const invalidating = async <T>(body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } finally {
      if (!usesReadCache()) for (const each of sameMachine) dropReads(each);
    }
  };
  const wrapped: Host = {
    ...host,
    run: (argv, options = {}) =>
      invalidating(() => (usesReadCache() ? runCached(wrapped, argv, options, host.run) : host.run(argv, options))),
    start: (...call) => invalidating(() => host.start(...call)),
  };
  sameMachine.add(wrapped);
  return wrapped;
}
