import pLimit, { type LimitFunction } from "p-limit";
import { hasCode, LocalnetError } from "../errors";
import type { Host } from ".";
import { getOrCreate } from "./coalesce";
import { enter } from "./netns";
import { waitingFor } from "./operation";

/** Seconds to wait for another program that uses this package, and after which it gets its turn. */
const waitSeconds = 30;
const fairSeconds = 5;
const late = 75;

/** The lock on a namespace, as long as somebody in this process uses it. */
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
 * What reads before it writes takes turns: in this process with what is about the same thing, and with other programs
 * through a lock on the namespace itself, which leaves no file behind and which the kernel lets go of when its holder dies.
 */
export function withLock<T>(
  host: Host,
  { netns, what }: { netns: string | undefined; what: string },
  body: () => Promise<T>,
): Promise<T> {
  return serialize(host, `${netns ?? ""} ${what}`, () => withNetnsLock(host, netns, body));
}

/** What is about the same thing takes turns in this process. */
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
    const argv = ["flock", "-w", String(waitSeconds), "-E", String(late), "/proc/self/ns/net", "cat"];
    ended = host
      .during(enter(netns, argv), waitSeconds + 5, () => {
        resolve();
        return used;
      })
      .catch((error) => {
        // Where there is no namespace, nothing needs a turn.
        if (hasCode(error, "LN_NETNS")) resolve();
        else reject(busy(error));
      });
  });
  return { began: Date.now(), users: 0, held, end, ended };
}

function busy(error: unknown): unknown {
  if (!hasCode(error, "LN_COMMAND") || error.command?.exitCode !== late) return error;
  const hint = "see which program holds it: lslocks";
  return new LocalnetError("LN_BUSY", `another program kept this namespace for ${waitSeconds} s`, { hint });
}
