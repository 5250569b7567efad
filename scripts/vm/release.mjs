import { rm } from "node:fs/promises";
import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { debianMirror } from "../lib/debian.mjs";
import { output } from "../lib/run.mjs";

/** What is used in a machine that does not see this host's files: by itself, by the lab and by the tests. */
const packages = [
  ...["openssh-server", "kmod", "procps", "iproute2", "iptables", "ipvsadm", "ipset", "curl", "ethtool"],
  ...["netcat-openbsd", "iputils-ping", "bind9-dnsutils", "perl-base", "python3", "strace", "sudo", "wireguard-tools"],
];

/**
 * Installs a release of Debian into a folder.
 * @param {string} release
 * @param {string} directory
 */
export async function bootstrap(release, directory) {
  if (process.getuid?.() !== 0) throw new Error(`only root can install Debian ${release} into a folder (debootstrap)`);
  const { mirror } = await debianMirror();
  printLine(`Installing Debian ${release} into the cache, for machines to see as their files: 350 MB`);
  const options = ["--variant=minbase", `--include=${packages.join(",")}`];
  // It mounts /proc in there, and says how it goes on standard output.
  await output(["unshare", "--mount", "debootstrap", ...options, release, directory, mirror]);
  // Nothing is installed from within, and where this host gets its packages is nobody else's business.
  for (const path of ["var/cache/apt", "var/lib/apt/lists", "etc/apt/sources.list"])
    await rm(join(directory, path), { recursive: true, force: true });
}
