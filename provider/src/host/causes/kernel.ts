import type { Cause } from "./cause";

/** What the running kernel lacks. */
export const kernelCauses: readonly Cause[] = [
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
    pattern: /Module (\S+) not found in directory (\S+)/,
    code: "LN_KERNEL",
    summary: 'there is no kernel module "$1"',
    hint: "check its name, and that the running kernel's modules are there: after an upgrade of the kernel, reboot",
  },
  {
    pattern: /Unsupported encapsulation type for ESP/,
    code: "LN_KERNEL",
    summary: "the running kernel does not have this form of ESP in UDP",
    hint: "use espinudp: newer kernels, such as Linux 6.12, no longer have espinudp-nonike",
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
];
