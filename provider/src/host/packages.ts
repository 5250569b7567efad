/** The commands that are run, with the Debian packages that hold them. */
export const packages = {
  cat: "coreutils",
  dd: "coreutils",
  env: "coreutils",
  head: "coreutils",
  id: "coreutils",
  install: "coreutils",
  ln: "coreutils",
  ls: "coreutils",
  mkdir: "coreutils",
  mv: "coreutils",
  readlink: "coreutils",
  rm: "coreutils",
  rmdir: "coreutils",
  stat: "coreutils",
  tee: "coreutils",
  test: "coreutils",
  timeout: "coreutils",
  uname: "coreutils",
  find: "findutils",
  grep: "grep",
  kill: "procps",
  sh: "dash",
  flock: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  setsid: "util-linux",
  unshare: "util-linux",
  modprobe: "kmod",
  rmmod: "kmod",
  bridge: "iproute2",
  genl: "iproute2",
  ip: "iproute2",
  tc: "iproute2",
  ip6tables: "iptables",
  "ip6tables-restore": "iptables",
  "ip6tables-save": "iptables",
  iptables: "iptables",
  "iptables-restore": "iptables",
  "iptables-save": "iptables",
  ssh: "openssh-client",
  sudo: "sudo",
  ethtool: "ethtool",
  ipset: "ipset",
  ipvsadm: "ipvsadm",
  nft: "nftables",
  wg: "wireguard-tools",
  curl: "curl",
  nc: "netcat-openbsd",
  ping: "iputils-ping",
  tcpdump: "tcpdump",
  dig: "bind9-dnsutils",
} as const satisfies Record<string, string>;

/** What helps where a command is missing. */
export function missingCommandHint(command: string): string {
  const known: Partial<Record<string, string>> = packages;
  const name = known[command.replace(/^.*\//, "")];
  return name === undefined
    ? "install the package that holds it; a script that is there needs what its first line names, another program its loader"
    : `install the Debian package ${name}`;
}
