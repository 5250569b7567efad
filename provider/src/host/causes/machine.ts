import { type Cause, ipv6Disabled } from "./cause";

const permissionHint =
  "run as root (CAP_NET_ADMIN and CAP_SYS_ADMIN), or let the user run sudo -n and set the configuration localnet:sudo to true";

/** The cause of an error for lack of a namespace. */
export function missingNetns(name: string) {
  return {
    code: "LN_NETNS",
    summary: `there is no network namespace "${name}"`,
    hint: "create it first; in a program, pass the Netns resource instead of its name",
  } as const;
}

/** Namespaces, permissions, files and limits. */
export const machineCauses: readonly Cause[] = [
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
];
