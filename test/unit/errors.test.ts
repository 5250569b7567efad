import { symlinkSync } from "node:fs";
import { codes, hasCode, LocalnetError } from "../../provider/src/errors";
import { commandError } from "../../provider/src/host/command-error";
import { fileError } from "../../provider/src/host/files";

test("one message has the resource, the operation, the command, its output, and the fix", () => {
  const error = new LocalnetError("LN_EXISTS", "it exists already", {
    command: {
      argv: ["ip", "-n", "lab", "link", "add"],
      exitCode: 2,
      stderr: "RTNETLINK answers: File exists\nand more\n",
    },
    hint: "delete it",
  }).about({ kind: "Bridge", id: "br0@lab", op: "create" });
  expect(error.message).toBe(
    [
      "Bridge br0@lab: create: it exists already [LN_EXISTS]",
      "  ran:    ip -n lab link add   (exit 2)",
      "  stderr: RTNETLINK answers: File exists",
      "          and more",
      "  fix:    delete it",
    ].join("\n"),
  );
});

test("empty parts are left out", () => {
  expect(new LocalnetError("LN_INPUT", "no").message).toBe("no [LN_INPUT]");
  expect(new LocalnetError("LN_TIMEOUT", "no end", { command: { argv: ["a"], stderr: " \n" } }).message).toBe(
    "no end [LN_TIMEOUT]\n  ran:    a",
  );
});

test("long texts are cut in the middle, so that the message fits into a header of HTTP/2", () => {
  const long = `begin ${"\u{1f600}".repeat(50_000)} end`;
  const { message } = new LocalnetError("LN_PROCESS", long, { command: { argv: [long], stderr: long } });
  expect(message.match(/begin .* \.\.\. .* end/g)).toHaveLength(3);
  expect(encodeURI(message).length).toBeLessThan(64 * 1024);
});

/** Output of commands, word for word, and its code. */
test.each([
  ['Cannot open network namespace "nope": No such file or directory', "LN_NETNS", '"nope"'],
  ["nsenter: cannot open /run/netns/nope: No such file or directory", "LN_NETNS", '"nope"'],
  ['Error: argument "nope" is wrong: Invalid "netns" value', "LN_NETNS", '"nope"'],
  // A missing permission does not mean that the object does not exist.
  ['Cannot open network namespace "nope": Permission denied', "LN_PERMISSION", "root"],
  ["nsenter: cannot open /run/netns/nope: Permission denied", "LN_PERMISSION", "root"],
  ["RTNETLINK answers: Operation not permitted", "LN_PERMISSION", "root"],
  ["Fatal: can't open lock file /run/xtables.lock: Permission denied", "LN_PERMISSION", "root"],
  ["Can't initialize ipvs: Permission denied (you must be root)", "LN_PERMISSION", "root"],
  ["sudo: a password is required", "LN_PERMISSION", "NOPASSWD"],
  [
    "lab is not in the sudoers file.  This incident will be reported.\nsudo: lab is not in the sudoers file",
    "LN_PERMISSION",
    "NOPASSWD",
  ],
  [
    "iptables v1.8.9 (legacy): can't initialize iptables table `filter': Permission denied (you must be root)",
    "LN_PERMISSION",
    "tmpfs on /run",
  ],
  ["nsenter: failed to execute /srv/lab: Permission denied", "LN_PERMISSION", "chmod +x"],
  ['exec of "/srv/lab" failed: Permission denied', "LN_PERMISSION", "chmod +x"],
  ["tee: /proc/sys/net/ipv4/ip_forward: Read-only file system", "LN_PERMISSION", "privileged"],
  ["mount --make-shared /run/netns failed: Operation not permitted", "LN_PERMISSION", "root"],
  ["nsenter: reassociate to namespace 'ns/net' failed: Invalid argument", "LN_NETNS", "ip netns del"],
  ["nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted", "LN_PERMISSION", "root"],
  [
    'Failed to create a new network namespace "a": No space left on device',
    "LN_COMMAND",
    "raise the setting user.max_net_namespaces",
  ],
  ["Error: Nexthop has invalid gateway.", "LN_COMMAND", "bring up the link"],
  ["RTNETLINK answers: No route to host", "LN_COMMAND", "bring up the link"],
  ["Error: Nexthop device is not up.", "LN_COMMAND", "bring up the link"],
  ["Error: Device for nexthop is not up.", "LN_COMMAND", "bring up the link"],
  ["RTNETLINK answers: Network is unreachable", "LN_COMMAND", "bring up the link"],
  ["Error: Invalid prefsrc address.", "LN_MISSING", "give it to a link first"],
  ["Error: Invalid source address.", "LN_MISSING", "give it to a link first"],
  ['Cannot find device "none"', "LN_MISSING", 'there is no link "none" here'],
  ['Cannot find bridge device "none"', "LN_MISSING", 'there is no link "none" here'],
  ['Error: argument "none" is wrong: Device does not exist\n', "LN_MISSING", 'there is no link "none" here'],
  ["iptables v1.8.9 (nf_tables): Set none doesn't exist.\n\nTry `iptables -h'", "LN_MISSING", "pass the IpSet"],
  ["Service not defined", "LN_MISSING", "pass the IpvsService"],
  ["Error: Failed to find specified qdisc.", "LN_MISSING", "no such queueing discipline or class"],
  ["Error: Specified class not found.", "LN_MISSING", "no such queueing discipline or class"],
  [
    "Error: Parent Qdisc doesn't exists.\nWe have an error talking to the kernel",
    "LN_MISSING",
    "no such queueing discipline or class",
  ],
  ["Can't initialize ipvs: Protocol not available", "LN_KERNEL", "modprobe ip_vs"],
  ["Error: Unsupported encapsulation type for ESP.", "LN_KERNEL", "use espinudp"],
  ["Scheduler or persistence engine not found", "LN_KERNEL", "ip_vs_sh"],
  ["iptables v1.8.9 (nf_tables): Couldn't load match `nosuch':No such file or directory", "LN_KERNEL", "xt_nosuch"],
  ["iptables v1.8.9 (nf_tables): Couldn't load target `NOSUCH':No such file or directory", "LN_KERNEL", "xt_NOSUCH"],
  [
    "Warning: Extension ipvs revision 0 not supported, missing kernel module?\niptables v1.8.9 (nf_tables):  RULE_APPEND failed (No such file or directory): rule in chain INPUT",
    "LN_KERNEL",
    "modprobe xt_ipvs",
  ],
  [
    "iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain PREROUTING",
    "LN_COMMAND",
    "dmesg",
  ],
  ["iptables: Invalid argument. Run `dmesg' for more information.", "LN_COMMAND", "dmesg"],
  ["modprobe: FATAL: Module nope not found in directory /lib/modules/6.1.0", "LN_KERNEL", '"nope"'],
  ["Error: ipv6: IPv6 is disabled on this device.", "LN_COMMAND", "net.ipv6.conf.LINK.disable_ipv6 to 0"],
  ["nsenter: failed to execute curl: No such file or directory", "LN_TOOL", '"curl"'],
  ["timeout: failed to run command 'curl': No such file or directory", "LN_TOOL", '"curl"'],
  ["RTNETLINK answers: File exists", "LN_COMMAND", "some failed: File exists"],
])("%s: %s", (stderr, code, text) => {
  const error = commandError(["some", "command"], { exitCode: 1, stderr });
  expect(error.code).toBe(code);
  expect(error.message).toContain(text);
});

test.each([
  [["nsenter", "--net=/run/netns/a", "--", "tee", "/proc/sys/net/x"], "tee: /proc/sys/net/x: Invalid argument\n"],
  [["ip", "netns", "exec", "a", "tee", "/proc/sys/net/x"], "tee: /proc/sys/net/x: Invalid argument\n"],
])("the summary of a failure in a namespace names the command and its output: %j", (argv, stderr) => {
  const error = commandError(argv, { exitCode: 1, stderr });
  expect(error.summary).toBe("tee failed: /proc/sys/net/x: Invalid argument");
  expect(commandError(argv, { exitCode: 1, stderr: "" }).summary).toBe("tee failed");
});

test("of several mistakes in a ruleset, the summary has the first, which causes the others", () => {
  const lines = ["/dev/stdin:1:9-12: Error: unknown chain hook", "/dev/stdin:2:1-1: Error: syntax error", "}", "^"];
  const { summary, hint } = commandError(["nft", "-f", "-"], { exitCode: 1, stderr: lines.join("\n") });
  expect({ summary, hint }).toMatchObject({ summary: "nft does not take the ruleset: unknown chain hook" });
  expect(hint).toContain("nft(8)");
});

/** System calls of this process: the error has the kernel's message and the name of the file. */
test.each([
  ["/proc/none", "LN_COMMAND", "symlink failed: no such file or directory"],
  ["/etc/passwd/none", "LN_COMMAND", "symlink failed: not a directory"],
])("a file that cannot be made: %s", (path, code, summary) => {
  let cause: unknown;
  try {
    symlinkSync("what it holds", path);
  } catch (error) {
    cause = error;
  }
  expect(fileError(cause)).toMatchObject({ code, summary, message: expect.not.stringContaining("what it holds") });
  expect(fileError(cause).message).toContain(`ran:    symlink ${path}`);
});

test.each([
  ["EROFS: read-only file system", "LN_PERMISSION", "a file system is mounted read-only", /^mount it read-write/],
  ["ENOSPC: no space left on device", "LN_COMMAND", "no space is left on the device of a file", /df -i of files$/],
  ["EACCES: permission denied", "LN_PERMISSION", "not permitted", /^run as root/],
])("the same with an error number: %s", (words, code, summary, hint) => {
  const cause = Object.assign(new Error(`${words}, symlink 'x' -> '/run/y'`), { syscall: "symlink", dest: "/run/y" });
  expect(fileError(cause)).toMatchObject({ code, summary, hint: expect.stringMatching(hint) });
});

/** The error names the object of the command if the output does not. */
test.each([
  ["link add name x0 type xfrm if_id 5", "Error: Unknown device type.", "LN_KERNEL", "modprobe rtnl-link-xfrm;"],
  ["link set dev p0 master v0", "RTNETLINK answers: Operation not supported", "LN_COMMAND", 'link "v0" takes no ports'],
  ["link set dev p0 up", "RTNETLINK answers: Operation not supported", "LN_COMMAND", "ip failed: Operation not supp"],
])("ip %s: %s: %s", (words, stderr, code, text) => {
  const error = commandError(["ip", ...words.split(" ")], { exitCode: 2, stderr });
  expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
});

/** The summary has the line with the cause, of several lines. */
test.each([
  [
    "iptables",
    "iptables v1.8.9 (nf_tables): bpf: error at instr 0\n\nTry `iptables -h' or more.",
    "bpf: error at instr 0",
  ],
  ["ip", 'macvlan: unknown option "x"?\nUsage: ... macvlan mode MODE\n\nMODE: private | vepa', 'unknown option "x"?'],
  ["tc", "Error: Exclusivity flag on.\nWe have an error talking to the kernel\n", "Exclusivity flag on."],
  [
    "ethtool",
    "ethtool: bad command line argument(s)\nFor more information run ethtool -h",
    "bad command line argument(s)",
  ],
])("the summary of the output of %s is its cause", (command, stderr, cause) => {
  expect(commandError([command], { exitCode: 1, stderr }).summary).toBe(`${command} failed: ${cause}`);
});

test("each code has a meaning, in a sentence", () => {
  for (const [code, meaning] of Object.entries(codes)) {
    expect(code).toMatch(/^LN_[A-Z]+$/);
    expect(meaning).toMatch(/^[A-Z].*\.$/);
  }
});

test("an error has its code, and other errors have none", () => {
  expect(hasCode(new LocalnetError("LN_TOOL", "x"), "LN_NETNS", "LN_TOOL")).toBe(true);
  expect(hasCode(new LocalnetError("LN_TOOL", "x"), "LN_NETNS")).toBe(false);
  expect(hasCode(new Error("LN_TOOL"), "LN_TOOL")).toBe(false);
});
