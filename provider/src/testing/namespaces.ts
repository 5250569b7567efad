import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { userNamespaceLimits } from "../host/user-namespaces";

/** Thrown where this machine can have no lab, with the reason and what mends it. */
export class LabUnavailable extends Error {
  override readonly name = "LabUnavailable";
}

/**
 * Runs as the first process of the new namespaces, which end with it, and it with its standard input: the kernel closes that
 * when the test's process ends, however it does. The first process must wait for orphans, or they would stay as zombies.
 */
const first = `
read -r pid rest </proc/self/stat
mount -t proc proc /proc && mount -t tmpfs -o mode=755 tmpfs /run && mount -t sysfs sysfs /sys && ip link set lo up || exit
exec 3<&0
cat <&3 >/dev/null &
echo "$pid"
wait $!`;

/** Outside: takes away the lab's folder when the namespaces have ended. */
const outside = `
unshare --user --map-root-user --net --mount --pid --fork --kill-child sh -c "$1"
rm -rf -- "$2"`;

/** The network of the first process, as the others in there see it: to the lab it is the host's own. */
export const hostNetwork = "/proc/1/ns/net";

/**
 * Namespaces of one lab: a network, mounts with an empty /run, processes, and a user who is root of them. Named network
 * namespaces are files below /run, so they are the lab's own.
 */
export class Namespaces {
  private constructor(
    private readonly holder: ChildProcess,
    private readonly pid: string,
  ) {}

  /** `folder`: goes with the namespaces. */
  static async open(folder: string): Promise<Namespaces> {
    // A session of its own: ^C in a terminal is not for it.
    const options = { detached: true, stdio: "pipe" } as const;
    const holder = spawn("sh", ["-c", outside, "sh", first, folder], options);
    const stderr = text(holder.stderr);
    const [answer] = await Promise.race([once(holder.stdout, "data"), once(holder, "close")]);
    const [pid] = /^\d+\n$/.exec(String(answer)) ?? [];
    if (pid === undefined) throw new LabUnavailable(reason(await stderr));
    // Nothing but the test's own work keeps its process.
    holder.unref();
    for (const stream of holder.stdio) (stream as { unref?(): void } | null)?.unref?.();
    return new Namespaces(holder, pid.trim());
  }

  /** What a command begins with, to run in there, but on this machine's network: Pulumi's parts talk to the test over that. */
  get enterArgv(): string[] {
    return ["nsenter", "--target", this.pid, "--user", "--mount", "--pid", "--preserve-credentials", "--"];
  }

  /** The kernel ends all processes in there, and takes away what only they have. */
  async close(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    this.holder.ref();
    const ended = once(this.holder, "close");
    this.holder.stdin?.destroy();
    await ended;
  }
}

function reason(stderr: string): string {
  const closed = userNamespaceLimits.filter(
    ({ path, value }) => existsSync(path) && readFileSync(path, "utf8").trim() === value,
  );
  const mends = closed.map(({ path, value, cure }) => `${path} is ${value}; root changes that by: ${cure}`);
  const other = "in a container, what runs it must allow them (seccomp, a whole /proc); a chroot allows none";
  return [
    "this machine lets this user have no namespaces",
    stderr.trim(),
    ...(mends.length > 0 ? mends : [other]),
  ].join("\n  ");
}
