import type { Code } from "../errors";
import { missingCommandHint } from "./packages";

export const permissionHint =
  "run as root (CAP_NET_ADMIN and CAP_SYS_ADMIN), or let the user run sudo -n and set the configuration localnet:sudo to true";

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

const ipv6Disabled = {
  code: "LN_COMMAND",
  summary: "IPv6 is disabled on the link",
  hint: "set net.ipv6.conf.LINK.disable_ipv6 to 0, by a Sysctl before what needs it, or give the link nothing of IPv6, also in the update that gives up the Sysctl which disables it; a new link has the value of net.ipv6.conf.default.disable_ipv6",
} as const;

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
    pattern:
      /sudo: .*(?:a password is required|is not in the sudoers file|not allowed to (?:execute|run)|must have a tty|terminal is required)|^Sorry, user \S+ (?:is not allowed to execute|may not run sudo)/m,
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
  // Linux 6.1 says no more of it.
  {
    pattern: /RTNETLINK answers: Permission denied/,
    command: /\baddr (?:add|replace|change) \S*:/,
    ...ipv6Disabled,
  },
  {
    pattern: /Operation not permitted|Permission denied|must be root/i,
    code: "LN_PERMISSION",
    summary: "not permitted",
    hint: permissionHint,
  },
  {
    pattern: /Message too long/,
    command: /\b(?:ip6?tables-restore|nft)\b/,
    code: "LN_COMMAND",
    summary: "the transaction is longer than a provider without root of the host may send",
    hint: "raise the setting net.core.wmem_max on the host, run the provider as its root, or make what is new in several steps",
  },
  {
    pattern: /setpriv: \w+ failed: Invalid argument/,
    code: "LN_PERMISSION",
    summary: "the user namespace of the provider does not have this user",
    hint: "run the provider as root of the host, or leave out the user",
  },
  {
    pattern: /Read-only file system/i,
    code: "LN_PERMISSION",
    summary: "a file system is mounted read-only",
    hint: "mount it read-write; in a container, where /proc/sys and /sys are so: start that privileged, or make the change on its host",
  },
  {
    pattern: /Failed to create a new network namespace "[^"]*": No space left on device/,
    code: "LN_COMMAND",
    summary: "there are as many network namespaces as there may be",
    hint: "raise the setting user.max_net_namespaces, or delete those that nobody needs: ip netns lists them",
  },
  {
    // The kernel says so of other limits, too.
    pattern: /No space left on device/i,
    command: /(?:^|\s)(?:dd|ln|mkdir|mv|symlink|open|write)\s/,
    code: "LN_COMMAND",
    summary: "no space is left on the device of a file",
    hint: "make room there: df -h tells of bytes, df -i of files",
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
    pattern: /^RTNETLINK answers: File exists$/m,
    command: /\blink add (?=.*\bname )/,
    code: "LN_EXISTS",
    summary: "there is a link of this name, or of its far end's, or with the same ends",
    hint: "choose another name: ip link show NAME finds a link by its alternative names, too; no two tunnels of a type have the same ends and key",
  },
  {
    pattern: /^RTNETLINK answers: Device or resource busy$/m,
    command: /\blink (?:add link (\S+) .*\btype (?:mac|ip)v|set dev (\S+) .*\bmaster )/,
    code: "LN_COMMAND",
    summary: 'the link "$1" is in use otherwise',
    hint: "it can be one of these alone: a port of a bridge or a bond, below macvlan links, or below ipvlan links: ip -d link lists them",
  },
  {
    pattern: /Can not enslave a bridge to a bridge/,
    code: "LN_COMMAND",
    summary: "a bridge takes no bridge as port",
    hint: "join the two by a VethPair, an end in each",
  },
  {
    pattern: /^(?:RTNETLINK answers: Invalid argument|Error: mtu (?:greater|less) than device (?:maximum|minimum)\.)$/m,
    command: /\blink (?:add|set) .*\bmtu (\d+)/,
    code: "LN_COMMAND",
    summary: "the kernel refuses a value of this link",
    hint: "the mtu of $1 may be too great: that of a link on another is at most the other's, less its own headers (VXLAN: 50, over IPv6 70)",
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
    pattern:
      /^\S+:\d+:\d+-\d+: Error: (Could not process rule: (?:No such file or directory|Operation not supported))$/m,
    code: "LN_COMMAND",
    summary: "the kernel does not take the ruleset: $1",
    hint: "what it names has to be there (chains, sets, links), and of each expression the kernel's module: modprobe nft_NAME, such as nft_nat or nft_fib_inet",
  },
  {
    pattern: /^\S+:\d+:\d+-\d+: Error: (.+)$/m,
    code: "LN_COMMAND",
    summary: "nft does not take the ruleset: $1",
    hint: "correct what it points to; its page nft(8) has the grammar",
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
    pattern: /RTNETLINK answers: No such file or directory\s+Error talking to the kernel/,
    command: /\bfou\b/,
    code: "LN_KERNEL",
    summary: "the kernel has no ports of FOU",
    hint: "load its kernel module, modprobe fou, for IPv6 fou6; in a program, by a KernelModule before it (dependsOn)",
  },
  {
    // The kernel says so, too, of what it does not take at all: check has refused that.
    pattern: /RTNETLINK answers: Invalid argument/,
    command: /\blink add\b.* encap (?:fou|gue) /,
    code: "LN_KERNEL",
    summary: "the kernel has no encapsulation of tunnels in UDP",
    hint: "load its kernel module, modprobe fou, for IPv6 fou6; in a program, by a KernelModule before it (dependsOn)",
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
    hint: "bring up the link, and give it an address in the network of the next hop; in a program, before the route (dependsOn). A rule can forbid the way, too: ip route get NEXTHOP",
  },
  {
    pattern: /Gateway can not be a local address/,
    code: "LN_COMMAND",
    summary: "the next hop is this namespace itself",
    hint: "give the address that the other end of the link has, or a device without a next hop",
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
  { pattern: /IPv6 is disabled on (?:this|nexthop) device/, ...ipv6Disabled },
  {
    pattern:
      /(?:failed to execute|exec of|failed to run command) ["'‘]?([^"':’]+)["'’]?(?: failed)?: No such file or directory/,
    code: "LN_TOOL",
    summary: 'there is no command "$1"',
    hint: missingCommandHint(""),
  },
];
