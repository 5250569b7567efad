import { type ExecFileException, execFile } from "node:child_process";
import { join } from "node:path";

/** The other user of the machine: nobody, who has no permissions. */
export const nobody = 65534;

export const root = join(__dirname, "../../..");

/** From here on, a program of root runs as nobody, who also owns its sockets. */
export const becomeNobody = `process.setgroups([]); process.setgid(${nobody}); process.setuid(${nobody});`;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a JavaScript program as nobody, in a network namespace. `args` are in process.argv from index 1. */
export function attack(netns: string, script: string, ...args: string[]): Promise<Outcome> {
  return command("ip", "netns", "exec", netns, process.execPath, "-e", `${becomeNobody}\n${script}`, ...args);
}

/** Runs a command as nobody. */
export function asNobody(...argv: string[]): Promise<Outcome> {
  const user = ["--reuid", String(nobody), "--regid", String(nobody), "--clear-groups"];
  return command("setpriv", ...user, "--", ...argv);
}

function command(file: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: root, timeout: 30_000 }, (error: ExecFileException | null, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 128) : 0, stdout, stderr });
    });
  });
}
