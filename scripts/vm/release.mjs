import { rm } from "node:fs/promises";
import { join } from "node:path";
import { printLine } from "../lib/cli.mjs";
import { debianMirror } from "../lib/debian.mjs";
import { output } from "../lib/run.mjs";

/** Packages for a machine that does not have this host's files: for the machine, the lab and the tests. */
const packages = [
  ...["openssh-server", "kmod", "procps", "iproute2", "iptables", "ipvsadm", "ipset", "curl", "ethtool"],
  ...["netcat-openbsd", "iputils-ping", "bind9-dnsutils", "perl-base", "python3", "strace", "sudo", "wireguard-tools"],
  "nftables",
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
  // debootstrap mounts /proc in the folder, and prints its progress on standard output.
  await output(["unshare", "--mount", "debootstrap", ...options, release, directory, mirror]);
  // Nothing is installed inside of the machine, and the address of this host's mirror is removed.
  for (const path of ["var/cache/apt", "var/lib/apt/lists", "etc/apt/sources.list"])
    await rm(join(directory, path), { recursive: true, force: true });
}
