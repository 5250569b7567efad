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

/**
 * Serializes bodies that read before they write: in this process those for the same object, and with other programs by an
 * flock on the namespace itself, which leaves no file behind and which the kernel releases when its holder dies.
 */
export function withLock<T>(
  host: Host,
  { netns, what }: { netns: string | undefined; what: string },
  body: () => Promise<T>,
): Promise<T> {
  return serialize(host, `${netns ?? ""} ${what}`, () => withNetnsLock(host, netns, body));
}

/** Serializes bodies for the same object in this process. */
export function serialize<T>(host: Host, what: string, body: () => Promise<T>): Promise<T> {
  const queue = getOrCreate(
    getOrCreate(queues, host, () => new Map()),
    what,
    () => pLimit(1),
  );
  return queue(body);
}

async function withNetnsLock<T>(host: Host, netns: string | undefined, body: () => Promise<T>): Promise<T> {
  const ofHost = getOrCreate(leases, host, () => new Map<string, Lease>());
  const key = netns ?? "";
  for (let old = ofHost.get(key); old && Date.now() - old.began > fairSeconds * 1000; old = ofHost.get(key)) {
    await old.ended;
  }
  const lease = getOrCreate(ofHost, key, () => begin(host, netns));
  lease.users += 1;
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
        else reject(busy(error));
      });
  });
  return { began: Date.now(), users: 0, held, end, ended };
}

function busy(error: unknown): unknown {
  if (!hasCode(error, "LN_COMMAND") || error.command?.exitCode !== lockTimeoutExitCode) return error;
  const hint = "see which program holds it: lslocks";
  return new LocalnetError("LN_BUSY", `another program kept this namespace for ${waitSeconds} s`, { hint });
}
