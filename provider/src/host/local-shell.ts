import { type Result, type RunOptions, timeoutError } from "./host";
import { commandLoop, Shell } from "./shell";

/**
 * Tools that end soon, and leave no process behind. Starting a process takes this process, with its large memory, many
 * times longer than a small shell, and nothing else happens meanwhile.
 */
const tools = new Set(
  [
    "ip bridge tc ethtool ipvsadm ipset nft find ln ls mkdir rm rmdir test",
    "iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore",
  ].flatMap((names) => names.split(" ")),
);

/** Shells at a time. If none is free, a command is a process of its own. */
const maxShells = 8;
/** Longer commands do not run in a shell, which needs a system call for each character. */
const maxCharacters = 8192;
/** Exit codes of a shell that found no such command, or could not run it. */
const notRun = [126, 127];

class LocalShell extends Shell {
  /** Undefined: the command was not run. */
  async run(argv: readonly string[], seconds: number, options: RunOptions): Promise<Result | undefined> {
    const result = await this.runLimited(argv, options, seconds, () => timeoutError(argv, seconds));
    if (this.broken) return this.listened ? { ...result, stderr: `${result.stderr}ended with its shell` } : undefined;
    return notRun.includes(result.exitCode) ? undefined : result;
  }
}

type Run = (argv: readonly string[], seconds: number, options: RunOptions) => Promise<Result | undefined>;

/** Runs commands in shells that stay open. Undefined: it was not run, and needs a process of its own. */
export function localShells(enter: readonly string[]): Run {
  const idle: LocalShell[] = [];
  let busy = 0;
  const take = () => {
    for (let free = idle.pop(); free; free = idle.pop()) if (!free.broken) return free;
    return new LocalShell([...enter, "sh", "-c", commandLoop("")]);
  };
  return async (argv, seconds, options) => {
    if (busy === maxShells || !isForShell(argv, options)) return undefined;
    busy += 1;
    const shell = take();
    try {
      return await shell.run(argv, seconds, options);
    } finally {
      busy -= 1;
      if (!shell.broken) idle.push(shell);
    }
  };
}

function isForShell(argv: readonly string[], { input = "", apart = false }: RunOptions): boolean {
  const [file, net, end] = argv;
  const [tool = "", ...words] = file === "nsenter" && net?.startsWith("--net=") && end === "--" ? argv.slice(3) : argv;
  // \`ip netns exec\` runs anything.
  if (apart || !tools.has(tool) || words.includes("exec")) return false;
  return argv.reduce((sum, word) => sum + word.length, input.length) <= maxCharacters;
}
