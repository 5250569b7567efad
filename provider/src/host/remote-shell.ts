import { type Result, type RunOptions, timeoutError } from "./host";
import { commandLoop, Shell } from "./shell";

export { request } from "./shell";

/** `timeout` ends what hangs even when nobody is there to see it. */
export const loop = commandLoop("timeout -k 1 ");

/** Beyond the time of a command, for a connection that hangs. */
const spareSeconds = 60;

/** Runs each command without a session and a login shell of its own. */
export class RemoteShell extends Shell {
  /** `open` gives the command line that runs a script in a remote shell. */
  constructor(open: (script: string) => readonly string[]) {
    super(open(loop));
  }

  /** Runs a command to its end; when the shell is broken then, the result is the connection's. */
  run(argv: readonly string[], seconds: number, options: RunOptions = {}): Promise<Result> {
    const words = [String(seconds), ...argv];
    return this.runLimited(words, options, seconds + spareSeconds, () => timeoutError(argv, seconds));
  }
}
