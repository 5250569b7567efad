import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, snapshot, vm } from "./engine";
import type { Ends } from "./host-link";
import type { SshHost } from "./ssh-hosts";

const network = "198.51.100";
const network6 = "2001:db8:d";

/** Hosts inside of the virtual machine, whose kernel has WireGuard: with their own mounts, network and processes, over its ssh. */
export async function openVmHosts(count: number): Promise<Ends> {
  const { exec } = vm();
  const script = async (text: string, ...args: string[]) => {
    const result = await exec(["sh", "-ec", text, "sh", ...args], 5);
    if (result.code) throw new Error(result.text);
    return result.stdout.trim();
  };
  const directory = mkdtempSync(join(tmpdir(), "localnet-vm-hosts-"));
  writeFileSync(join(directory, "config"), clientConfig(directory));
  await script(bridge, network);
  const pids = await Promise.all(
    Array.from({ length: count }, (_, index) => script(start, String(index + 1), network, network6)),
  );
  const hosts = pids.map((pid, index): SshHost => {
    const address = `${network}.${index + 1}`;
    const enterArgv = ["nsenter", "-t", pid, "-m", "-n", "-p", "--"];
    const within = (argv: readonly string[]) => exec([...enterArgv, ...argv]);
    return {
      url: `ssh://root@${address}`,
      ...{ address, address6: `${network6}::${index + 1}`, enterArgv },
      exec: within,
      async ip(...args) {
        const result = await within(["ip", ...args]);
        expect(result).toMatchObject({ code: 0 });
        return result.stdout;
      },
      snapshot: async () => ({ ...(await snapshot(["-F", join(directory, "config"), address])), modules: [] }),
      boot: async () => {},
      cable: (state) => exec(["ip", "link", "set", `host${index + 1}`, state]),
      close: async () => {
        await exec(["kill", pid]);
      },
    };
  });
  return {
    ...{ hosts, enterArgv: [], env: { LOCALNET_SSH_CONFIG: join(directory, "config") } },
    host: (number) => hosts[number - 1] as SshHost,
    async close() {
      for (const host of hosts) await run(["ssh", "-F", join(directory, "config"), "-O", "exit", host.address]);
      for (const host of hosts) await host.close();
      // The kernel removes their objects some time later, and with them the other ends of their links.
      for (const link of [...hosts.map((_, index) => `host${index + 1}`), "switch"])
        await exec(["ip", "link", "delete", link]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const bridge = `
modprobe wireguard
ip link add switch type bridge
ip link set switch up
ip address add "$1.254/24" dev switch`;

/** Prints the pid of the host's first process. All in the host ends with it. */
const start = `
cp -r /run/guest "/tmp/host$1"
sed "s,/run/guest,/tmp/host$1," /run/guest/sshd_config > "/tmp/host$1/sshd_config"
setsid unshare -m -n -p -f --mount-proc sh -ec '
  mount -t tmpfs -o mode=755 none /run
  mount -t sysfs none /sys
  mkdir -p /run/sshd
  ip link set lo up
  # The kernel turns it off with the first link of WireGuard, for all links, and leaves it so.
  echo 0 > /proc/sys/net/ipv4/conf/all/send_redirects
  until ip link set eth0 addrgenmode none up; do sleep 0.1; done
  ip address add "$2.$1/24" dev eth0
  ip address add "$3::$1/64" dev eth0 nodad
  exec /usr/sbin/sshd -D -f "/tmp/host$1/sshd_config"
' sh "$@" > /dev/null 2>&1 < /dev/null &
parent=$!
until pid=$(pgrep -P "$parent"); do sleep 0.1; done
ip link add "host$1" type veth peer name eth0 netns "$pid"
ip link set "host$1" master switch up
until nsenter -t "$pid" -n ss -Hltn sport = 22 | grep -q .; do sleep 0.1; done
echo "$pid"`;

function clientConfig(directory: string): string {
  const machine = readFileSync(process.env.LOCALNET_SSH_CONFIG ?? "", "utf8");
  const key = /IdentityFile .*/.exec(machine)?.[0];
  return `${machine}
Host ${network}.*
  User root
  ProxyJump localnet-vm
  ${key}
  IdentitiesOnly yes
  UserKnownHostsFile ${directory}/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
`;
}
