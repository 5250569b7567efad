import { AsyncLocalStorage } from "node:async_hooks";
import pLimit, { type LimitFunction } from "p-limit";
import { hasCode, LocalnetError } from "../errors";
import type { Host } from ".";
import { getOrCreate } from "./coalesce";
import { enter } from "./netns";
import { waitingFor } from "./operation";

/** Seconds to wait for another program that uses this package. */
const waitSeconds = 30;
/** Seconds after which this process lets another program have the lock. */
const fairSeconds = 5;
const lockTimeoutExitCode = 75;

/** The lock on a namespace while this process uses it. */
interface Lease {
  readonly began: number;
  users: number;
  readonly held: Promise<void>;
  readonly end: () => void;
  readonly ended: Promise<void>;
}

const leases = new WeakMap<Host, Map<string, Lease>>();
const queues = new WeakMap<Host, Map<string, LimitFunction>>();

/** A body that runs, and those that it runs within. */
interface Holder {
  readonly host: Host;
  readonly what: string;
  readonly outer: Holder | undefined;
  /** The queue of the bodies for the same object that this body begins itself. */
  readonly inner: LimitFunction;
  lease?: Lease;
  isDone: boolean;
}

const holders = new AsyncLocalStorage<Holder>();

/** The body that this code runs within and that fits; undefined: none does. */
function findHolder(fits: (holder: Holder) => boolean): Holder | undefined {
  for (let holder = holders.getStore(); holder; holder = holder.outer)
    if (!holder.isDone && fits(holder)) return holder;
  return undefined;
}

/**
 * Serializes bodies that read before they write: in this process those for the same object, and with other programs by an
 * flock on the namespace itself, which leaves no file behind and which the kernel releases when its holder dies. A body may
 * take locks itself, also the one that it has.
 */
export async function withLock<T>(
  host: Host,
  { netns, what }: { netns: string | undefined; what: string },
  body: () => Promise<T>,
): Promise<T> {
  const ofHost = getOrCreate(leases, host, () => new Map<string, Lease>());
  const key = netns ?? "";
  for (;;) {
    const old = oldLease(ofHost, key);
    if (old) await old.ended;
    const result = await serialize(host, `${key} ${what}`, async () => {
      // To wait here for the end of the lease would block bodies under it that need this object: queue again instead.
      if (oldLease(ofHost, key)) return undefined;
      return { value: await withNetnsLock(host, netns, body) };
    });
    if (result) return result.value;
  }
}

/** Serializes bodies for the same object in this process. */
export function serialize<T>(host: Host, what: string, body: () => Promise<T>): Promise<T> {
  const queue =
    findHolder((each) => each.host === host && each.what === what)?.inner ??
    getOrCreate(
      getOrCreate(queues, host, () => new Map()),
      what,
      () => pLimit(1),
    );
  const holder: Holder = { host, what, outer: holders.getStore(), inner: pLimit(1), isDone: false };
  return queue(() =>
    holders.run(holder, async () => {
      try {
        return await body();
      } finally {
        holder.isDone = true;
      }
    }),
  );
}

/** A lease that has lasted so long that other programs get their turn now. Bodies under it still go on. */
function oldLease(ofHost: ReadonlyMap<string, Lease>, key: string): Lease | undefined {
  const lease = ofHost.get(key);
  const isOld = lease && Date.now() - lease.began > fairSeconds * 1000;
  return isOld && !findHolder((each) => each.lease === lease) ? lease : undefined;
}

async function withNetnsLock<T>(host: Host, netns: string | undefined, body: () => Promise<T>): Promise<T> {
  const ofHost = getOrCreate(leases, host, () => new Map<string, Lease>());
  const key = netns ?? "";
  const lease = getOrCreate(ofHost, key, () => begin(host, netns));
  lease.users += 1;
  const holder = holders.getStore();
  if (holder) holder.lease = lease;
  try {
    await waitingFor(`waiting for another program to leave ${netns ?? "the host's namespace"} alone`, lease.held);
    return await body();
  } finally {
    lease.users -= 1;
    if (lease.users === 0) {
      ofHost.delete(key);
      lease.end();
      await lease.ended;
    }
  }
}

function begin(host: Host, netns: string | undefined): Lease {
  let end = () => {};
  let ended = Promise.resolve();
  const held = new Promise<void>((resolve, reject) => {
    const used = new Promise<void>((unused) => {
      end = unused;
    });
    const argv = ["flock", "-w", String(waitSeconds), "-E", String(lockTimeoutExitCode), "/proc/self/ns/net", "cat"];
    ended = host
      .during(enter(netns, argv), waitSeconds + 5, () => {
        resolve();
        return used;
      })
      .catch((error) => {
        // Without the namespace there is nothing to lock.
        if (hasCode(error, "LN_NETNS")) resolve();
        else reject(busyError(error));
      });
  });
  return { began: Date.now(), users: 0, held, end, ended };
}

function busyError(error: unknown): unknown {
  if (!hasCode(error, "LN_COMMAND") || error.command?.exitCode !== lockTimeoutExitCode) return error;
  const hint = "see which program holds it: lslocks";
  return new LocalnetError("LN_BUSY", `another program kept this namespace for ${waitSeconds} s`, { hint });
}
