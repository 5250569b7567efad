import pLimit, { type LimitFunction } from "p-limit";
import { hasCode, LocalnetError } from "../errors";
import type { Host } from "../host";
import { enter } from "./ip";

/** Seconds to wait for another program that uses this package. */
const waitSeconds = 30;
const late = 75;

const queues = new WeakMap<Host, Map<string, LimitFunction>>();

/**
 * What reads before it writes takes turns in a namespace: here, and with other programs through a lock on the namespace
 * itself, which leaves no file behind and which the kernel lets go of when its holder dies.
 */
export function inTurn<T>(host: Host, netns: string | undefined, body: () => Promise<T>): Promise<T> {
  const ofHost = queues.get(host) ?? new Map<string, LimitFunction>();
  queues.set(host, ofHost);
  const queue = ofHost.get(netns ?? "") ?? pLimit(1);
  ofHost.set(netns ?? "", queue);
  return queue(() => locked(host, netns, body));
}

async function locked<T>(host: Host, netns: string | undefined, body: () => Promise<T>): Promise<T> {
  const argv = ["flock", "-w", String(waitSeconds), "-E", String(late), "/proc/self/ns/net", "cat"];
  let ours = false;
  try {
    return await host.during(enter(netns, argv), waitSeconds + 5, () => {
      ours = true;
      return body();
    });
  } catch (error) {
    if (ours) throw error;
    // Where there is no namespace, nothing needs a turn.
    if (hasCode(error, "LN_NETNS")) return body();
    if (!hasCode(error, "LN_COMMAND") || error.ran?.exitCode !== late) throw error;
    const hint = "see which program holds it: lslocks";
    throw new LocalnetError("LN_BUSY", `another program kept this namespace for ${waitSeconds} s`, { hint });
  }
}
