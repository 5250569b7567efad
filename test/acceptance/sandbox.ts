import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { childrenOf } from "./cli";
import { run } from "./engine";

// The kernel ends all of it when its first process ends, and that one ends with the test, however the test does.
const first = `
mount -t tmpfs -o mode=755 none /run
mount -t sysfs none /sys
ip link set lo up
for over in "$@"; do
  for folder in usr etc; do mount -t overlay none -o "lowerdir=$over/$folder:/$folder" /$folder; done
done
echo ready
exec cat`;

/** A host of its own as far as the kernel can give one: other mounts, an empty /run, its own network and processes. */
export class Sandbox {
  private constructor(
    private readonly unshare: ChildProcess,
    /** What a command begins with, to run in there. */
    readonly inside: readonly string[],
  ) {}

  /** @param over folders whose usr and etc are laid over the host's: what is in there is as good as installed. */
  static async open(...over: string[]): Promise<Sandbox> {
    const argv = ["-m", "-n", "-p", "-f", "--mount-proc", "sh", "-ec", first, "sh", ...over];
    const unshare = spawn("unshare", argv, { stdio: ["pipe", "pipe", "inherit"] });
    await Promise.race([once(unshare.stdout, "data"), once(unshare, "exit")]);
    const [pid] = childrenOf(unshare.pid ?? 0);
    if (!pid) throw new Error("unshare failed: these tests need root");
    return new Sandbox(unshare, ["nsenter", "-t", String(pid), "-m", "-n", "-p", "--"]);
  }

  /** Runs `ip` in there, which must succeed, and returns what it prints. */
  async ip(...args: string[]): Promise<string> {
    const result = await run([...this.inside, "ip", ...args]);
    expect(result).toMatchObject({ code: 0 });
    return result.stdout;
  }

  async close(): Promise<void> {
    this.unshare.stdin?.end();
    if (this.unshare.exitCode === null) await once(this.unshare, "exit");
  }
}
