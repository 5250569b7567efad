import type { Code } from "../errors";

export const permissionHint =
  "run as root (CAP_NET_ADMIN and CAP_SYS_ADMIN), or let the user run sudo -n and set the configuration localnet:sudo to true";

export const missingCommandHint = "install the package that holds it";

interface Cause {
  readonly pattern: RegExp;
  /** The command line must match this too; its group then replaces "$1". */
  readonly command?: RegExp;
  readonly code: Code;
  readonly summary: string;
  readonly hint: string;
}

/** The cause of an error for lack of a namespace. */
export function missingNetns(name: string) {
  return {
    code: "LN_NETNS",
    summary: `there is no network namespace "${name}"`,
    hint: "create it first; in a program, pass the Netns resource instead of its name",
  } as const;
}

/** Causes that many commands share, recognised by what they print; the first match counts. Kinds find other causes by reading the object again. */
export const causes: readonly Cause[] = [
  {
    // The second alternative: while a namespace is made or deleted, only its file exists.
    pattern:
      /cannot open network namespace "([^"]*)": No such file|setting the network namespace "([^"]*)" failed: Invalid argument|nsenter: cannot open \/run\/netns\/(\S+?): No such file|argument "([^"]*)" is wrong: Invalid "netns" value/i,
    ...missingNetns("$1"),
  },
  {
    // The file remains, but the kernel says that it is no namespace.
    pattern: /nsenter: reassociate to namespace '[^']*' failed: Invalid argument/,
    code: "LN_NETNS",
    summary: "there is no network namespace, only a file of its name",
    hint: "remove the file: ip netns del NAME",
  },
  {
    pattern: /sudo: .*(a password is required|is not in the sudoers file|not allowed to (execute|run))/,
    code: "LN_PERMISSION",
    summary: "sudo does not allow it without a password",
    hint: "let this user run every command with sudo -n (NOPASSWD), or run as root",
  },
  {
    pattern: /can't (?:open lock file|initialize iptables table).*(?:Permission denied|must be root)/s,
    code: "LN_PERMISSION",
    summary: "not permitted",
    hint: `${permissionHint}. As root of a user namespace: mount a tmpfs on /run, where the lock's file is`,
  },
  {
    pattern:
      /(?:failed to execute|exec of|failed to run command) ["'‘]?([^"':’]+)["'’]?(?: failed)?: Permission denied/,
    code: "LN_PERMISSION",
    summary: '"$1" may not be run',
    hint: "make the file executable (chmod +x), where no file system is mounted noexec: findmnt -T FILE",
  },
  {
    pattern: /Operation not permitted|Permission denied|must be root/,
    code: "LN_PERMISSION",
    summary: "not permitted",
    hint: permissionHint,
  },
  {
    pattern: /Read-only file system/,
    code: "LN_PERMISSION",
    summary: "a file system is mounted read-only",
    hint: "mount it read-write; in a container, where /proc/sys and /sys are so: start that privileged, or make the change on its host",
  },
  {
    pattern: /Can't initialize ipvs/,
    code: "LN_KERNEL",
    summary: "the running kernel has no IPVS",
    hint: "load the kernel module ip_vs: modprobe ip_vs; a kernel without it has to be replaced",
  },
  {
    pattern: /Scheduler or persistence engine not found/,
    code: "LN_KERNEL",
    summary: "the running kernel lacks the scheduler",
    hint: "load its kernel module: modprobe ip_vs_NAME, such as ip_vs_sh",
  },
  {
    pattern: /Unknown device type/,
    command: /\btype (\S+)/,
    code: "LN_KERNEL",
    summary: 'the running kernel lacks links of type "$1"',
    // The alias by which the kernel itself loads the module: the module's name is not always that of the type.
    hint: "load its kernel module: modprobe rtnl-link-$1; a cloud kernel may need Debian's linux-image-amd64",
  },
  {
    pattern: /A VXLAN device with the specified VNI already exists/,
    code: "LN_EXISTS",
    summary: "another VXLAN link that was made in this network namespace has this VNI and UDP port",
    hint: "take another vni or destinationPort: ip -d link show type vxlan lists those that are still there",
  },
  {
    pattern: /RTNETLINK answers: Address already in use/,
    code: "LN_EXISTS",
    summary: "something else has the UDP port of this link",
    hint: "take another port (destinationPort, listenPort), or end what has it: ss -lunp, and wg show all listen-port, list it",
  },
  {
    pattern: /Couldn't load match [`'"]?([\w-]+)/,
    code: "LN_KERNEL",
    summary: 'there is no match "$1"',
    hint: "install the package iptables whole, and load the kernel module: modprobe xt_$1",
  },
  {
    pattern: /Couldn't load target [`'"]?([\w-]+)/,
    code: "LN_KERNEL",
    summary: 'there is no target "$1"',
    hint: "install the package iptables whole, and load the kernel module: modprobe xt_$1",
  },
  {
    // It also prints this for an extension that it has in another revision; then no rule fails.
    pattern: /Extension (\S+) revision \d+ not supported, missing kernel module\?.*failed \(No such file/s,
    code: "LN_KERNEL",
    summary: 'the running kernel lacks the match or target "$1" of iptables',
    hint: "load its kernel module: modprobe xt_$1; a kernel without it has to be replaced",
  },
  {
    pattern: /RULE_\w+ failed \(Invalid argument\)|iptables\S*: Invalid argument/,
    code: "LN_COMMAND",
    summary: "the kernel refuses this rule",
    hint: "its log may say why (dmesg): a match or target may be for other chains, tables or protocols only",
  },
  {
    pattern: /Module (\S+) not found in directory (\S+)/,
    code: "LN_KERNEL",
    summary: 'there is no kernel module "$1"',
    hint: "check its name, and that the running kernel's modules are there: after an upgrade of the kernel, reboot",
  },
  {
    pattern: /Requested (?:type|mode|\w+ algorithm) not found/,
    code: "LN_KERNEL",
    summary: "the running kernel lacks this protocol or algorithm of IPsec",
    hint: "load the kernel module that has it: modprobe esp4, esp6, ah4 or ah6, or that of the algorithm",
  },
  {
    pattern: /^RTNETLINK answers: Operation not supported$/m,
    command: /^ip (?:-n \S+ )?-f (mpls)\b/,
    code: "LN_KERNEL",
    summary: "the running kernel has no routes of MPLS",
    hint: "load its kernel module: modprobe mpls_router; in a program, by a KernelModule before the route (dependsOn)",
  },
  {
    pattern: /Label >= configured maximum in platform_labels/,
    code: "LN_COMMAND",
    summary: "the namespace takes no label as high as this",
    hint: "set net.mpls.platform_labels above it; in a program, by a Sysctl before the route (dependsOn)",
  },
  {
    pattern: /Protocol not (?:available|supported)/,
    code: "LN_KERNEL",
    summary: "the running kernel lacks what this needs",
    hint: "load the kernel module that has it, or take a kernel that has",
  },
  {
    pattern:
      /Nexthop has invalid gateway|(?:Nexthop device|Device for nexthop) is not up|RTNETLINK answers: (?:Network is (?:down|unreachable)|No route to host)/,
    code: "LN_COMMAND",
    summary: "no link that is up leads there",
    hint: "bring up the link, and give it an address in the network of the next hop; in a program, before the route (dependsOn)",
  },
  {
    pattern: /Invalid (?:prefsrc|source) address/,
    code: "LN_MISSING",
    summary: "no link in this namespace has the address that is its source",
    hint: "give it to a link first; in a program, before the route (dependsOn)",
  },
  {
    pattern: /Cannot find (?:bridge )?device "([^"]*)"|argument "([^"]*)" is wrong: Device does not exist/,
    code: "LN_MISSING",
    summary: 'there is no link "$1" here',
    hint: "create it first, in the same namespace; in a program, pass its resource instead of its name",
  },
  {
    // For a bridge, bond or VRF it prints another reason.
    pattern: /^RTNETLINK answers: Operation not supported$/m,
    command: /\bmaster (\S+)/,
    code: "LN_COMMAND",
    summary: 'the link "$1" takes no ports',
    hint: "name a bridge, a bond or a VRF as master: ip -d link show $1 tells what it is",
  },
  {
    pattern: /Set (\S+) doesn't exist/,
    code: "LN_MISSING",
    summary: 'there is no set "$1" here',
    hint: "create it first, in the same namespace; in a program, pass the IpSet instead of its name",
  },
  {
    pattern: /Service not defined/,
    code: "LN_MISSING",
    summary: "there is no such service here",
    hint: "create it first, in the same namespace; in a program, pass the IpvsService instead of its id",
  },
  {
    pattern: /Failed to find specified qdisc|Parent Qdisc doesn't exists|Specified class (?:not found|doesn't exist)/,
    code: "LN_MISSING",
    summary: "the link has no such queueing discipline or class",
    hint: "create it first; in a program, before what is in it (dependsOn)",
  },
  {
    pattern: /IPv6 is disabled on this device/,
    code: "LN_COMMAND",
    summary: "IPv6 is disabled on the link",
    hint: "set net.ipv6.conf.LINK.disable_ipv6 to 0, by a Sysctl before the address, or give it no IPv6 address; a new link has the value of net.ipv6.conf.default.disable_ipv6",
  },
  {
    pattern:
      /(?:failed to execute|exec of|failed to run command) ["'‘]?([^"':’]+)["'’]?(?: failed)?: No such file or directory/,
    code: "LN_TOOL",
    summary: 'there is no command "$1"',
    hint: missingCommandHint,
  },
];
