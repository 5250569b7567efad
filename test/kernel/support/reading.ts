const readers = new Set([
  "iptables-save",
  "ip6tables-save",
  "cat",
  "ls",
  "grep",
  "which",
  "find",
  "tail",
  "curl",
  "nc",
  "ping",
  "test",
  "true",
]);

/** Whether a command changes nothing. An unknown command counts as a change. */
export function onlyReads(argv: readonly string[]): boolean {
  const [command = "", ...args] = withoutNetns(argv);
  if (readers.has(command)) return !args.includes("-delete");
  if (command === "ip")
    return (
      args.includes("show") ||
      // A command that changes something may also list the result.
      (args.includes("-j") && (!args.includes("-batch") || args.includes("-force"))) ||
      args.includes("-V") ||
      /(^| )netns (pids|list|list-id)( |$)/.test(args.join(" "))
    );
  if (command === "bridge") return args.includes("show");
  // Only batches that read continue after a failure.
  if (command === "tc") return args.includes("show") || args.includes("-force");
  if (command === "wg") return args.includes("show") || args.includes("--version");
  if (command === "ethtool") return args.includes("-k") || args.length === 1;
  if (command === "iptables" || command === "ip6tables") return args.includes("-S") || args.includes("-V");
  if (command === "dd") return args.some((each) => each.startsWith("if="));
  if (command === "bridge") return args.includes("show");
  if (command === "ipset") return args.includes("save");
  if (command === "nft") return args.includes("list") || args.includes("-v");
  if (command === "ipvsadm") return args.includes("-S") || args.includes("-L") || args.includes("-v");
  return command === "modprobe" && args.includes("--show-depends");
}

function withoutNetns(argv: readonly string[]): readonly string[] {
  return argv[0] === "nsenter" ? argv.slice(argv.indexOf("--") + 1) : argv;
}
