import type { Cause } from "./cause";

export const firewallCauses: readonly Cause[] = [
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
];
