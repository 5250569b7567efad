import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "./run.mjs";

const patienceSeconds = 10;

// The kernel ends the sandbox when its first process ends, which ends with this program. What is written to /etc is kept in
// the first /run, which the second one hides.
const first = (/** @type {boolean} */ network) => `
mount -t tmpfs -o mode=755 none /run
${network ? "mount -t sysfs none /sys && ip link set lo up" : ""}
usr=/usr etc=/etc
for over in "$@"; do usr="$over/usr:$usr" etc="$over/etc:$etc"; done
if [ $# -gt 0 ]; then
  mkdir /run/upper /run/work
  mount -t overlay none -o "lowerdir=$usr" /usr
  mount -t overlay none -o "lowerdir=$etc,upperdir=/run/upper,workdir=/run/work" /etc
  mount -t tmpfs -o mode=755 none /run
fi
echo ready
exec cat`;

/**
 * A separate host on the same kernel: its own mounts, an empty /run, its own processes and network.
 * @typedef {object} Sandbox
 * @property {string[]} enterArgv the first words of a command that runs in it
 * @property {() => number} memory the memory of all its processes, in bytes; shared pages count for each
 * @property {() => Promise<void>} close
 */

/**
 * @param {object} options
 * @param {boolean} options.network whether it has its own network
 * @param {string[]} [options.over] folders whose usr and etc are mounted over the host's, as if their contents were installed
 * @returns {Promise<Sandbox>}
 */
export async function openSandbox({ network, over = [] }) {
  const argv = [
    "-m",
    ...(network ? ["-n"] : []),
    "-p",
    "-f",
    "--mount-proc",
    "sh",
    "-ec",
    first(network),
    "sh",
    ...over,
  ];
  const unshare = start(["unshare", ...argv], { stdio: ["pipe", "pipe", "inherit"], buffer: false });
  const { stdin, stdout } = unshare;
  if (!stdin || !stdout) throw new Error("unshare got no pipes");
  await Promise.race([once(stdout, "data"), once(unshare, "exit")]);
  if (unshare.exitCode !== null) throw new Error("unshare failed: namespaces without a user of their own need root");
  const pid = readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, "utf8").trim();
  return {
    enterArgv: ["nsenter", "-t", pid, "-m", ...(network ? ["-n"] : []), "-p", "--"],
    memory: () => residentIn(`/proc/${pid}/root/proc`),
    async close() {
      stdin.end();
      // If process 1 is not a real init, killed processes stay as zombies, and this would never end.
      const waited = new AbortController();
      const enough = sleep(patienceSeconds * 1000, undefined, { signal: waited.signal }).catch(() => {});
      if (unshare.exitCode === null) await Promise.race([once(unshare, "exit"), enough]);
      waited.abort();
      unshare.unref();
    },
  };
}

/** @param {string} proc the /proc of the namespace */
function residentIn(proc) {
  const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => resident(`${proc}/${pid}/status`)).reduce((sum, each) => sum + each, 0);
}

/** @param {string} status */
function resident(status) {
  try {
    const text = readFileSync(status, "utf8");
    if (/^Name:\tstrace$/m.test(text)) return 0;
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
  } catch {
    // It has ended.
    return 0;
  }
}
