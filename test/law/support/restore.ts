import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { strangers } from "./kernel-processes";
import { differences, type Kernel, readKernel } from "./kernel-state";

const script = `
  for file in /run/netns/*; do [ -e "$file" ] && ip netns del "\${file#/run/netns/}"; done
  for link in $(ls /sys/class/net); do [ "$link" = lo ] || ip link del dev "$link"; done
  ip link set lo up
  ip rule flush protocol 157; ip -6 rule flush protocol 157
  for family in 4 6; do
    ip -$family route flush table all proto 157
    for type in blackhole unreachable prohibit throw; do ip -$family route flush table all type $type; done
  done
  for name in iptables ip6tables; do for table in filter nat mangle raw security; do $name -t $table -F; $name -t $table -X; for chain in FORWARD INPUT OUTPUT; do $name -t $table -P $chain ACCEPT; done; done; done
  for set in $(ipset list -name); do ipset destroy "$set"; done
  ip xfrm policy flush; ip xfrm state flush
  nft flush ruleset; rm -rf /etc/netns
  find /run -mindepth 1 ! -path '/run/.etc*' ! -path '/run/netns*' -delete`;

/** Makes the host clean again, whatever was left: it is a throwaway one, with nothing else on it. */
export async function restore(clean: Kernel): Promise<void> {
  if (process.env.LOCALNET_TEST_ISOLATED !== "1") throw new Error("this would take away what others made");
  if (differences(clean, await readKernel()).length === 0) return;
  for (const pid of strangers()) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended.
    }
  }
  await promisify(execFile)("sh", ["-c", script]).catch(() => undefined);
  for (let attempt = 1; ; attempt++) {
    const now = await readKernel();
    const left = differences(clean, now);
    if (left.length === 0) return;
    if (attempt === 10) throw new Error(`the host cannot be cleaned:\n${left.map(({ text }) => text).join("\n")}`);
    writeSettings(clean, now);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Writes the host's settings that are not as they were. One write may change others. */
function writeSettings(clean: Kernel, now: Kernel): void {
  const prefix = ": setting ";
  for (const { id, is } of clean.values()) {
    if (!id.startsWith(prefix) || now.get(id)?.is.value === is.value) continue;
    try {
      writeFileSync(`/proc/sys/${id.slice(prefix.length)}`, `${is.value}`);
    } catch {
      // What cannot be written follows from another one, or from what is there.
    }
  }
}
