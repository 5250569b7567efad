import { type Result, type RunOptions, timeoutError } from "./host";
import { commandLoop, Shell } from "./shell";

/**
 * Tools that end soon, and leave nothing behind that goes on. To start one of them takes this process, with all its memory,
 * many times what it takes a small shell, and nothing else is done meanwhile.
 */
const tools = new Set(
  [
    "ip bridge tc ethtool ipvsadm ipset nft find ln ls mkdir rm rmdir test",
    "iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore",
  ].flatMap((names) => names.split(" ")),
);

/** Shells at a time: what finds none of them free is a process of its own. */
const maxShells = 8;
/** The shell reads each character by a call of its own. */
const maxCharacters = 8192;
/** The shell found no such command, or could not run it. */
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

/** Runs commands in shells that stay open. Undefined: it was not run, and is to be a process of its own. */
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
