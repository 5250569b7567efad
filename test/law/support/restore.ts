import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { differences, type Kernel, look } from "./look";
import { strangers } from "./look-processes";

/** Makes the host clean again, whatever was left: it is a throwaway one, with nothing else on it. */
export async function restore(clean: Kernel): Promise<void> {
  if (process.env.LOCALNET_TEST_ISOLATED !== "1") throw new Error("this would take away what others made");
  if (differences(clean, await look()).length === 0) return;
  for (const pid of strangers()) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has ended.
    }
  }
  const settings = [...clean.values()].filter(({ id }) => id.startsWith(": setting "));
  const lines = settings.map(({ id, is }) => `${id.replace(": setting ", "")} ${is.value}\n`).join("");
  const script = `
    for file in /run/netns/*; do [ -e "$file" ] && ip netns del "\${file#/run/netns/}"; done
    for link in $(ls /sys/class/net); do [ "$link" = lo ] || ip link del dev "$link"; done
    ip link set lo up
    ip rule flush protocol 157; ip -6 rule flush protocol 157
    ip route flush table all proto 157; ip -6 route flush table all proto 157; ip route flush type blackhole; ip route flush type unreachable; ip route flush type prohibit; ip route flush type throw
    for name in iptables ip6tables; do for table in filter nat mangle raw security; do $name -t $table -F; $name -t $table -X; for chain in FORWARD INPUT OUTPUT; do $name -t $table -P $chain ACCEPT; done; done; done
    for set in $(ipset list -name); do ipset destroy "$set"; done
    ip xfrm policy flush; ip xfrm state flush
    nft flush ruleset; rm -rf /etc/netns
    find /run -mindepth 1 ! -path '/run/.etc*' ! -path '/run/netns*' -delete
    while read -r key value; do [ -w "/proc/sys/$key" ] && [ "$(cat "/proc/sys/$key")" != "$value" ] && echo "$value" > "/proc/sys/$key"; done`;
  const child = promisify(execFile)("sh", ["-c", script]);
  child.child.stdin?.end(lines);
  await child.catch(() => undefined);
  for (let attempt = 1; ; attempt++) {
    const left = differences(clean, await look());
    if (left.length === 0) return;
    if (attempt === 10) throw new Error(`the host cannot be cleaned:\n${left.map(({ text }) => text).join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
