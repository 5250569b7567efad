import { AsyncLocalStorage } from "node:async_hooks";
import { getOrMake, together } from "./coalesce";
import type { Host } from "./host";

/** Seconds for which what was seen is shown to others that only look. A refresh tells how things were while it ran. */
const freshSeconds = 10;

interface Look {
  readonly taken: number;
  readonly seen: Promise<unknown>;
}

const looking = new AsyncLocalStorage<boolean>();
const looks = new WeakMap<Host, Map<string, Look>>();
const shared = new WeakMap<Host, Map<string, (look: undefined) => Promise<unknown>>>();

/** What runs in here only tells how things are, and may share what one command shows of many objects. */
export function onlyLooking<T>(body: () => Promise<T>): Promise<T> {
  return looking.run(true, body);
}

/** What runs in here is shown how things are now, not a while ago. */
export function lookingAgain<T>(body: () => Promise<T>): Promise<T> {
  return looking.run(false, body);
}

/** Is one look at all objects better than one at this object? */
export function isLooking(): boolean {
  return looking.getStore() ?? false;
}

/**
 * What is seen of many objects at once. Those who only look share it for a while; whoever changes things sees what was
 * taken after asking, with all who asked by then.
 */
export function look<T>(host: Host, what: string, take: () => Promise<T>): Promise<T> {
  if (!isLooking()) {
    const one = getOrMake(
      getOrMake(shared, host, () => new Map()),
      what,
      () => together(take),
    );
    return one(undefined) as Promise<T>;
  }
  const ofHost = getOrMake(looks, host, () => new Map<string, Look>());
  const known = ofHost.get(what);
  if (known && performance.now() - known.taken < freshSeconds * 1000) return known.seen as Promise<T>;
  const seen = take();
  ofHost.set(what, { taken: performance.now(), seen });
  return seen;
}

/** Whatever is run there by one who does not only look may change what was seen. */
export function seeing(host: Host): Host {
  const forgetting = async <T>(body: () => Promise<T>): Promise<T> => {
    try {
      return await body();
    } finally {
      if (!isLooking()) looks.delete(own);
    }
  };
  const own: Host = {
    ...host,
    run: (...call) => forgetting(() => host.run(...call)),
    start: (...call) => forgetting(() => host.start(...call)),
  };
  return own;
}
