import { Command } from "commander";
import { runInForeground } from "../../host/foreground";
import { findPlace } from "../find";
import type { Run } from "../run";
import { addSource, readObjects, type SourceOptions, settingsOf } from "../source";

const where =
  "POD is a resource that is a namespace, or is in one, or the name of a namespace; which host it is on, the state says.";

export function exec(run: Run): Command {
  return addSource(new Command("exec"), { json: false })
    .usage("[options] POD -- COMMAND [ARGUMENT...]")
    .summary("run a command in a namespace")
    .description(`Runs a command in a namespace, and ends as it does. ${where}`)
    .argument("<pod>")
    .argument("<command...>")
    .action((pod: string, command: string[], options: SourceOptions) => run(() => enter(pod, command, options)));
}

export function shell(run: Run): Command {
  return addSource(new Command("shell"), { json: false })
    .usage("[options] POD")
    .summary("start a shell in a namespace")
    .description(`Starts a shell in a namespace: $SHELL, or over ssh /bin/sh. ${where}`)
    .argument("<pod>")
    .action((pod: string, options: SourceOptions) => run(() => enter(pod, undefined, options)));
}

/** Without a command: a shell. */
async function enter(pod: string, command: readonly string[] | undefined, options: SourceOptions): Promise<number> {
  const { host, netns } = findPlace(await readObjects(options), pod);
  const argv = command ?? [host === undefined ? (process.env.SHELL ?? "/bin/sh") : "/bin/sh"];
  const hasTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  return runInForeground({ ...settingsOf(options), host, netns }, argv, { mode: hasTerminal ? "terminal" : "pipe" });
}
